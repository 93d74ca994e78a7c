/* A copy of a block, in flight or finished, was never submitted; the original is unharmed. */
/* glibc: fails: a copy answers like the original (a documented difference) */
/* not under: tsan: copies a block that is in flight */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[10];
    struct aiocb cb, copy;
    t_pipe(p);
    t_read_blocked(&cb, p[0], buf, sizeof buf);
    copy = cb;
    CHECK_ERR(aio_error(&copy), EINVAL);
    CHECK_ERR(aio_return(&copy), EINVAL);
    CHECK_EQ(aio_cancel(p[0], &copy), AIO_ALLDONE);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "abc", 3);
    CHECK_EQ(t_wait(&cb), 0);
    copy = cb;
    CHECK_ERR(aio_error(&copy), EINVAL);
    CHECK_ERR(aio_return(&copy), EINVAL);
    CHECK_EQ(aio_return(&cb), 3);
    return 0;
}
