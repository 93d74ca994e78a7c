/* aio_suspend returns 0 at once for a request that failed or was refused. */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    t_block(&cb, t_file(0), buf, sizeof buf, 0);
    cb.aio_reqprio = -1;
    CHECK_ERR(aio_read(&cb), EINVAL);
    CHECK_OK(aio_suspend(list, 1, NULL));
    t_block(&cb, -1, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_OK(aio_suspend(list, 1, NULL));
    CHECK_EQ(aio_error(&cb), EBADF);
    return 0;
}
