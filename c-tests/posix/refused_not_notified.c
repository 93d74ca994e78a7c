/* A request refused at the call is not notified. */
#include "test.h"

int main(void)
{
    char buf[16];
    t_block_signals();
    int fd = t_filled(0, sizeof buf, 1);
    struct aiocb cb;
    t_block(&cb, fd, buf, sizeof buf, 0);
    t_sigev_signal(&cb, SIGRTMIN, 1);
    cb.aio_reqprio = 21;
    CHECK_ERR(aio_read(&cb), EINVAL);
    CHECK_ERR(aio_write(&cb), EINVAL);
    t_no_signal();
    return 0;
}
