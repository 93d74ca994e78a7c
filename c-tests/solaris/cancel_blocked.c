/* A read blocked on a pipe, socket or terminal is cancelled: the result is at once -1/ECANCELED, no SIGIO, never returned. */
#include "solaris.h"

#include <pty.h>

int main(void)
{
    int p[2], s[2], master, slave = -1, fds[3], n = 0;
    char c;
    aio_result_t r;
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    fds[n++] = p[0], fds[n++] = s[0];
    if (openpty(&master, &slave, NULL, NULL, NULL) == 0)
        fds[n++] = slave;
    s_catch_sigio();
    for (int i = 0; i < 30; i++) {
        for (int polled = 0; polled < 2; polled++) {
            polled ? s_polled(&r) : s_result(&r);
            CHECK_OK(aioread(fds[i % n], &c, 1, 0, SEEK_SET, &r));
            CHECK_OK(aiocancel(&r));
            CHECK_RESULT(&r, -1, ECANCELED);
            CHECK_ERR(aiocancel(&r), EINVAL);
            CHECK_IDLE();
        }
    }
    s_no_sigio(0);
    /* nothing of it is left to swallow what comes */
    CHECK_EQ(write(p[1], "x", 1), 1);
    s_result(&r);
    CHECK_OK(aioread(p[0], &c, 1, 0, SEEK_SET, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 1, 0);
    return 0;
}
