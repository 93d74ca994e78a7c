/* Handlers at 5 kHz may call every status, wait and submission call, whatever they interrupt. */
/* glibc: may fail: a handler can find a lock held by what it interrupted */
#include "test.h"
#include <sys/time.h>

static int file, p[2];
static char c, buf[2][4096];
static struct aiocb blocked, mine;
static atomic_int handled;

static void handler(int signo)
{
    int saved = errno;
    const struct aiocb *list[] = { &blocked };
    struct timespec none = { 0, 0 };
    (void)signo;
    CHECK_EQ(aio_error(&blocked), EINPROGRESS);
    CHECK_ERR(aio_suspend(list, 1, &none), EAGAIN);
    if (aio_error(&mine) != EINPROGRESS) {
        if (handled > 0)
            CHECK_EQ(aio_return(&mine), sizeof buf[1]);
        t_block(&mine, file, buf[1], sizeof buf[1], 0);
        CHECK_OK(handled % 3 ? aio_read(&mine) : aio_write(&mine));
        handled++;
    }
    errno = saved;
}

int main(void)
{
    struct itimerval timer = { { 0, 200 }, { 0, 200 } };
    file = t_filled(0, 65536, 1);
    t_pipe(p);
    t_read_blocked(&blocked, p[0], &c, 1);
    t_handle(SIGALRM, handler, SA_RESTART);
    CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
    for (double end = t_now() + 2; t_now() < end;) {
        struct aiocb cb;
        t_block(&cb, file, buf[0], sizeof buf[0], 8192);
        CHECK_OK(handled % 2 ? aio_read(&cb) : aio_write(&cb));
        CHECK_EQ(t_wait(&cb), 0);
        CHECK_EQ(aio_return(&cb), sizeof buf[0]);
        CHECK_EQ(aio_cancel(file, &cb), AIO_ALLDONE);
    }
    CHECK(handled > 10);
    return 0;
}
