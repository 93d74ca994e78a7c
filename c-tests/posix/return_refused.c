/* aio_return of a request that was refused at the call: -1. */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    t_block(&cb, t_file(0), buf, sizeof buf, 0);
    cb.aio_reqprio = 21;
    CHECK_ERR(aio_read(&cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINVAL);
    CHECK_EQ(aio_return(&cb), -1);
    return 0;
}
