/* A negative aio_offset is EINVAL at the call on a stream too. */
/* glibc: fails: it says so only by aio_error */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[4] = "abc";
    struct aiocb cb;
    t_pipe(p);
    t_block(&cb, p[1], buf, sizeof buf, -1);
    CHECK_ERR(aio_write(&cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINVAL);
    t_block(&cb, p[0], buf, sizeof buf, -1);
    CHECK_ERR(aio_read(&cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINVAL);
    struct pollfd empty = { .fd = p[0], .events = POLLIN };
    CHECK_EQ(poll(&empty, 1, 0), 0);
    return 0;
}
