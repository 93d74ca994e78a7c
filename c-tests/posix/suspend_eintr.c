/* Without a timeout aio_suspend is interrupted by a handler installed without SA_RESTART. */
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
    struct t_pinger pinger;
    t_pipe(p);
    t_handle(SIGUSR1, handler, 0);
    t_read_blocked(&cb, p[0], &c, 1);
    t_start_pinging(&pinger, SIGUSR1);
    for (int i = 0; i < 20; i++)
        CHECK_ERR(aio_suspend(list, 1, NULL), EINTR);
    t_stop_pinging(&pinger);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    return 0;
}
