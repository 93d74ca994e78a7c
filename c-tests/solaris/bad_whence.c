/* A whence outside 0..2 is EINVAL always: on files, streams and bad descriptors. */
#include "solaris.h"

int main(void)
{
    char buf[4];
    int p[2], bad[] = { -1, 3, 4, INT_MAX, INT_MIN };
    t_pipe(p);
    int fds[] = { t_filled(0, 64, 1), p[0], p[1], -1 };
    aio_result_t r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t k = 0; k < sizeof fds / sizeof *fds; k++) {
            CHECK_ERR(aioread(fds[k], buf, 4, 0, bad[i], &r), EINVAL);
            CHECK_ERR(aiowrite(fds[k], buf, 4, 0, bad[i], &r), EINVAL);
        }
    CHECK_IDLE();
    return 0;
}
