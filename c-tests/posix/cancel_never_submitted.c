/* AIO_ALLDONE for a block that was never submitted, also while others are in flight. */
/* glibc: fails: EINVAL when its status word says EINPROGRESS */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb, never;
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (int byte = 0; byte < 256; byte++) {
        memset(&never, byte, sizeof never);
        never.aio_fildes = p[0];
        CHECK_EQ(aio_cancel(p[0], &never), AIO_ALLDONE);
        never.__error_code = EINPROGRESS;
        CHECK_EQ(aio_cancel(p[0], &never), AIO_ALLDONE);
    }
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    return 0;
}
