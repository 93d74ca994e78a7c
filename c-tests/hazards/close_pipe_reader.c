/* close cancels reads blocked on a pipe, each notified exactly once, and the writer gets SIGPIPE and EPIPE. */
/* glibc: fails: the reads stay, and keep the pipe open */
#include "test.h"

enum { READS = 10 };

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGPIPE);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    for (long n = t_scale(50); n > 0; n--) {
        struct aiocb cb[READS];
        char c[READS];
        int ends[2], seen = 0;
        t_pipe(ends);
        for (int i = 0; i < READS; i++) {
            t_block(&cb[i], ends[0], &c[i], 1, 0);
            t_sigev_signal(&cb[i], SIGRTMIN, i);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        CHECK_EQ(close(ends[0]), 0);
        for (int i = 0; i < READS; i++) {
            siginfo_t info = t_take_signal(SIGRTMIN);
            int which = info.si_value.sival_int;
            CHECK_EQ(info.si_code, SI_ASYNCIO);
            CHECK(which >= 0 && which < READS && !(seen & 1 << which));
            seen |= 1 << which;
            CHECK_EQ(aio_error(&cb[which]), ECANCELED);
            CHECK_EQ(aio_return(&cb[which]), -1);
        }
        CHECK_ERR(write(ends[1], "x", 1), EPIPE);
        t_take_signal(SIGPIPE);
        struct timespec none = { 0, 0 };
        CHECK_ERR(sigtimedwait(&set, NULL, &none), EAGAIN);
        close(ends[1]);
    }
    return 0;
}
