/* aio_suspend in a handler that interrupted another one returns on its own; the outer one goes on. */
/* not under: tsan: puts a signal off until libc is called again */
#include "test.h"

static int p[2], q[2];
static struct aiocb outer, inner;
static atomic_int handled;

static void handler(int signo)
{
    int saved = errno;
    const struct aiocb *list[] = { &inner };
    struct timespec timeout = { 0, 100000 };
    (void)signo;
    CHECK_ERR(aio_suspend(list, 1, &timeout), EAGAIN);
    if (++handled == 20)
        t_write_all(p[1], "x", 1);
    errno = saved;
}

int main(void)
{
    char c, d;
    const struct aiocb *list[] = { &outer };
    struct t_pinger pinger;
    t_pipe(p);
    t_pipe(q);
    t_read_blocked(&inner, q[0], &d, 1);
    t_handle(SIGUSR1, handler, SA_RESTART);
    for (int i = 0; i < 5; i++) {
        handled = 0;
        t_read_blocked(&outer, p[0], &c, 1);
        t_start_pinging(&pinger, SIGUSR1);
        CHECK_OK(aio_suspend(list, 1, NULL));
        t_stop_pinging(&pinger);
        CHECK_EQ(aio_return(&outer), 1);
    }
    return 0;
}
