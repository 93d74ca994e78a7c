/* A caught signal ends aio_waitn with EINTR, with SA_RESTART or without; what has finished is handed out. */
#include "solaris.h"

static void on_signal(int signo)
{
    (void)signo;
}

int main(void)
{
    struct timespec minute = { 60, 0 };
    struct aiocb stuck, a, *list[4];
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    t_pipe(p);
    t_read_blocked(&stuck, p[0], &c, 1);
    for (int i = 0; i < 20; i++) {
        struct t_pinger pinger;
        unsigned n = 2;
        t_block(&a, fd, &d, 1, 0);
        CHECK_EQ(aio_read(&a), 0);
        CHECK_EQ(t_wait(&a), 0);
        t_handle(SIGUSR1, on_signal, i & 1 ? SA_RESTART : 0);
        t_start_pinging(&pinger, SIGUSR1);
        CHECK_ERR(aio_waitn(list, 4, &n, i & 2 ? NULL : &minute), EINTR);
        t_stop_pinging(&pinger);
        CHECK_EQ(n, 1);
        CHECK_PTR(list[0], &a);
        CHECK_EQ(aio_return(&a), 1);
    }
    return 0;
}
