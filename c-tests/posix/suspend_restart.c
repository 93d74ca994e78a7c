/* Without a timeout handlers installed with SA_RESTART do not interrupt aio_suspend. */
/* not under: tsan: puts a signal off until libc is called again */
#include "test.h"

static atomic_int handled;
static int p[2];

static void handler(int signo)
{
    (void)signo;
    if (++handled == 30)
        if (write(p[1], "x", 1) != 1)
            _exit(2);
}

int main(void)
{
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    struct t_pinger pinger;
    t_pipe(p);
    t_handle(SIGUSR1, handler, SA_RESTART);
    for (int i = 0; i < 10; i++) {
        handled = 0;
        t_read_blocked(&cb, p[0], &c, 1);
        t_start_pinging(&pinger, SIGUSR1);
        CHECK_OK(aio_suspend(list, 1, NULL));
        CHECK_EQ(aio_error(&cb), 0);
        t_stop_pinging(&pinger);
        CHECK(handled >= 30);
    }
    return 0;
}
