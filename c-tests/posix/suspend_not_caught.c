/* Signals that are ignored, or blocked, do not interrupt aio_suspend. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    struct timespec timeout = { 0, 50000000 };
    struct t_pinger ignored, blocked;
    t_pipe(p);
    t_handle(SIGUSR1, SIG_IGN, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    t_read_blocked(&cb, p[0], &c, 1);
    t_start_pinging(&ignored, SIGUSR1);
    t_start_pinging(&blocked, SIGUSR2);
    for (int i = 0; i < 4; i++)
        CHECK_ERR(aio_suspend(list, 1, &timeout), EAGAIN);
    t_stop_pinging(&ignored);
    t_stop_pinging(&blocked);
    return 0;
}
