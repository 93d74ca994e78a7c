/* An unknown sigev_notify means none: the request succeeds and nobody is told. */
#include "test.h"

int main(void)
{
    static const int kinds[] = { 3, 5, 7, 99, -1, INT_MIN, INT_MAX, (int)0xa5a5a5a5 };
    char buf[16];
    t_block_signals();
    int fd = t_filled(0, sizeof buf, 1);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct aiocb cb;
        t_block(&cb, fd, buf, sizeof buf, 0);
        cb.aio_sigevent.sigev_signo = SIGUSR1;
        cb.aio_sigevent.sigev_notify = kinds[i];
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
    }
    t_no_signal();
    return 0;
}
