/* A blocked read from a terminal does not hold up a write to it. */
/* glibc: fails: one request at a time per descriptor */
#include "test.h"
#include <pty.h>
#include <termios.h>

int main(void)
{
    char got[100], line[100];
    int master, slave;
    struct aiocb reading, writing;
    struct termios raw;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    CHECK_EQ(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    CHECK_EQ(tcsetattr(slave, TCSANOW, &raw), 0);
    t_read_blocked(&reading, slave, got, sizeof got);
    t_block(&writing, slave, "hello", 5, 0);
    CHECK_OK(aio_write(&writing));
    CHECK_EQ(t_finish(&writing), 5);
    t_read_all(master, line, 5);
    CHECK(memcmp(line, "hello", 5) == 0);
    CHECK_EQ(aio_error(&reading), EINPROGRESS);
    t_write_all(master, "abc", 3);
    CHECK_EQ(t_finish(&reading), 3);
    return 0;
}
