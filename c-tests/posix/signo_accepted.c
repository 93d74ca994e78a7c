/* Every signal number from 0 to 64 is accepted, 0 sends nothing, and the rest arrive. */
/* not under: memcheck: signal 64 is valgrind's own */
#include "test.h"

int main(void)
{
    char buf[16];
    struct aiocb cb;
    t_block_signals();
    int fd = t_filled(0, sizeof buf, 1);
    for (int signo = 0; signo <= 64; signo++) {
        /* These two cannot be blocked, and 32 and 33 are the C library's own. */
        if (signo == SIGKILL || signo == SIGSTOP || signo == 32 || signo == 33)
            continue;
        t_block(&cb, fd, buf, sizeof buf, 0);
        t_sigev_signal(&cb, signo, signo);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
        if (signo != 0)
            CHECK_EQ(t_take_signal(signo).si_value.sival_int, signo);
    }
    t_no_signal();
    return 0;
}
