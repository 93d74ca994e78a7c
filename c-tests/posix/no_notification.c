/* SIGEV_NONE: no signal, no call. */
#include "test.h"

static void never(union sigval value)
{
    FAIL("called with %d", value.sival_int);
}

int main(void)
{
    char c;
    struct aiocb cb;
    t_block_signals();
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    for (int i = 0; i < 50; i++) {
        t_sigev_thread(&cb, never, NULL);
        cb.aio_sigevent.sigev_signo = SIGUSR1;
        cb.aio_sigevent.sigev_notify = SIGEV_NONE;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 1);
    }
    t_no_signal();
    return 0;
}
