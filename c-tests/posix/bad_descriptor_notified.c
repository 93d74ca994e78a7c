/* A request that fails by aio_error is notified like any other. */
#include "test.h"

int main(void)
{
    char buf[16];
    t_block_signals();
    for (int i = 0; i < 20; i++) {
        struct aiocb cb;
        t_block(&cb, -1, buf, sizeof buf, 0);
        t_sigev_signal(&cb, SIGRTMIN + 1, i);
        CHECK_OK(i % 2 ? aio_read(&cb) : aio_write(&cb));
        CHECK_EQ(t_take_signal(SIGRTMIN + 1).si_value.sival_int, i);
        CHECK_EQ(aio_error(&cb), EBADF);
        CHECK_EQ(aio_return(&cb), -1);
    }
    t_no_signal();
    return 0;
}
