/* With a timeout aio_suspend is interrupted by any handler, SA_RESTART or not. */
#include "test.h"

static void handler(int signo)
{
    (void)signo;
}

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    struct timespec day = { 86400, 0 };
    struct t_pinger pinger;
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (int restart = 0; restart < 2; restart++) {
        t_handle(SIGUSR1, handler, restart ? SA_RESTART : 0);
        t_start_pinging(&pinger, SIGUSR1);
        for (int i = 0; i < 20; i++)
            CHECK_ERR(aio_suspend(list, 1, &day), EINTR);
        t_stop_pinging(&pinger);
    }
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    return 0;
}
