/* A cancelled request is notified exactly once, by signal. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

int main(void)
{
    enum { COUNT = 50 };
    int p[2];
    char c[COUNT];
    bool seen[COUNT] = { false };
    struct aiocb cb[COUNT];
    t_block_signals();
    t_pipe(p);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], p[0], &c[i], 1, 0);
        t_sigev_signal(&cb[i], SIGRTMIN + 2, i);
        CHECK_OK(aio_read(&cb[i]));
    }
    CHECK_EQ(aio_cancel(p[0], &cb[7]), AIO_CANCELED);
    siginfo_t info = t_take_signal(SIGRTMIN + 2);
    CHECK_EQ(info.si_value.sival_int, 7);
    CHECK_EQ(info.si_code, SI_ASYNCIO);
    CHECK_EQ(aio_cancel(p[0], NULL), AIO_CANCELED);
    for (int i = 0; i < COUNT - 1; i++) {
        info = t_take_signal(SIGRTMIN + 2);
        int which = info.si_value.sival_int;
        CHECK(which >= 0 && which < COUNT && which != 7 && !seen[which]);
        seen[which] = true;
        CHECK_EQ(aio_error(&cb[which]), ECANCELED);
    }
    t_no_signal();
    return 0;
}
