/* A wait that a handler itself satisfied returns 0, not EINTR. */
/* glibc: may fail: it looks at the request no more after a signal */
#include "test.h"

static int p[2];
static struct aiocb cb;
static atomic_bool written = true;

static void handler(int signo)
{
    int saved = errno;
    (void)signo;
    if (!written) {
        written = true;
        if (write(p[1], "x", 1) != 1)
            _exit(2);
        while (aio_error(&cb) == EINPROGRESS)
            ;
    }
    errno = saved;
}

int main(void)
{
    char c;
    const struct aiocb *list[] = { &cb };
    struct timespec day = { 86400, 0 };
    struct t_pinger pinger;
    t_pipe(p);
    t_handle(SIGUSR1, handler, 0);
    t_start_pinging(&pinger, SIGUSR1);
    for (int i = 0; i < 200; i++) {
        written = true; /* No handler between submission and its check. */
        t_read_blocked(&cb, p[0], &c, 1);
        written = false;
        CHECK_OK(aio_suspend(list, 1, i % 2 ? &day : NULL));
        CHECK_EQ(aio_return(&cb), 1);
    }
    t_stop_pinging(&pinger);
    return 0;
}
