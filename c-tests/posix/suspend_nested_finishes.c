/* aio_suspend in a handler waits for a request of its own, submitted there, to its end. */
/* glibc: may fail: submission in a handler can find its lock held */
/* not under: tsan: puts a signal off until libc is called again */
#include "test.h"

static int p[2], file;
static struct aiocb outer;
static atomic_int handled;

static void handler(int signo)
{
    int saved = errno;
    char buf[4096];
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    (void)signo;
    t_block(&cb, file, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    while (aio_suspend(list, 1, NULL) != 0)
        CHECK_EQ(errno, EINTR);
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return(&cb), sizeof buf);
    if (++handled == 20)
        t_write_all(p[1], "x", 1);
    errno = saved;
}

int main(void)
{
    char c;
    const struct aiocb *list[] = { &outer };
    struct t_pinger pinger;
    t_pipe(p);
    file = t_filled(0, 4096, 1);
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
