/* SIGEV_SIGNAL: si_signo, si_code SI_ASYNCIO, si_value, si_pid and si_uid. */
/* not under: memcheck: signal 64 is valgrind's own */
#include "test.h"

int main(void)
{
    char c;
    int marker;
    struct aiocb cb;
    t_block_signals();
    int fd = t_filled(0, 1, 1);
    for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo += 5) {
        t_block(&cb, fd, &c, 1, 0);
        cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
        cb.aio_sigevent.sigev_signo = signo;
        cb.aio_sigevent.sigev_value.sival_ptr = &marker;
        CHECK_OK(aio_read(&cb));
        siginfo_t info = t_take_signal(signo);
        CHECK_EQ(info.si_signo, signo);
        CHECK_EQ(info.si_code, SI_ASYNCIO);
        CHECK(info.si_value.sival_ptr == &marker);
        CHECK_EQ(info.si_pid, getpid());
        CHECK_EQ(info.si_uid, getuid());
    }
    return 0;
}
