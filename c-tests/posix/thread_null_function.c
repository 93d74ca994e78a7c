/* SIGEV_THREAD with a NULL function: EINVAL at the call, and aio_error agrees. */
/* glibc: fails: a thread is made that calls NULL */
#include "test.h"

int main(void)
{
    char buf[16];
    int fd = t_filled(0, sizeof buf, 1);
    struct aiocb cb;
    t_block(&cb, fd, buf, sizeof buf, 0);
    t_sigev_thread(&cb, NULL, NULL);
    CHECK_ERR(aio_read(&cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINVAL);
    cb.__error_code = 0;
    CHECK_ERR(aio_write(&cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINVAL);
    return 0;
}
