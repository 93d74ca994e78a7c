/* A read blocked on a terminal is cancelled, the next one gets the line. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"
#include <pty.h>

int main(void)
{
    int master, slave;
    char buf[10];
    struct aiocb cb;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    for (int i = 0; i < 20; i++) {
        t_read_blocked(&cb, slave, buf, sizeof buf);
        CHECK_EQ(aio_cancel(slave, i % 2 ? &cb : NULL), AIO_CANCELED);
        CHECK_EQ(aio_error(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        t_read_blocked(&cb, slave, buf, sizeof buf);
        t_write_all(master, "abc\n", 4);
        CHECK_EQ(t_finish(&cb), 4);
    }
    return 0;
}
