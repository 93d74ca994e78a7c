/* A read of no bytes from a terminal waits for the terminal's other readers, and holds up nothing else. */
/* timeout: 5 */
#include "test.h"
#include <pty.h>

static int slave;

static void *read_line(void *unused)
{
    char line[16];
    CHECK_EQ(read(slave, line, sizeof line), 5);
    return unused;
}

int main(void)
{
    int master, p[2];
    char got[16];
    pthread_t reader;
    struct aiocb zero, other;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    CHECK_EQ(pthread_create(&reader, NULL, read_line, NULL), 0);
    /* Whether the reader has got as far as the terminal cannot be seen; if not, this shows less. */
    usleep(50000);
    t_block(&zero, slave, got, 0, 0);
    CHECK_OK(aio_read(&zero));
    usleep(50000);
    t_pipe(p);
    t_read_blocked(&other, p[0], got, sizeof got);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&other), 1);
    t_write_all(master, "line\n", 5);
    CHECK_EQ(pthread_join(reader, NULL), 0);
    return 0;
}
