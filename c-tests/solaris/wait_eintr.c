/* A caught signal ends aiowait with EINTR, with SA_RESTART or without, with a timeout or without; the request goes on. */
#include "solaris.h"

static void on_signal(int signo)
{
    (void)signo;
}

int main(void)
{
    struct timeval minute = { 60, 0 };
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    s_blocked(p[0], &c, &r);
    for (int i = 0; i < 40; i++) {
        struct t_pinger pinger;
        t_handle(SIGUSR1, on_signal, i & 1 ? SA_RESTART : 0);
        t_start_pinging(&pinger, SIGUSR1);
        CHECK_FAILED(aiowait(i & 2 ? NULL : &minute), EINTR);
        t_stop_pinging(&pinger);
    }
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &r);
    return 0;
}
