/* A handler that the library is not told of, and that interrupts it, gets EAGAIN at the worst, and never hangs. */
/* glibc: fails: it does not cancel a read that waits */
#include "test.h"

/* libc's own, which nobody interposes. A raw system call would do the same. */
int __sigaction(int, const struct sigaction *, struct sigaction *);

static int data, ends[2];
static volatile sig_atomic_t calls, refused;

static void on_signal(int sig)
{
    int saved = errno;
    struct aiocb block;
    const struct aiocb *list[1] = { &block };
    struct timespec zero = { 0, 0 };
    char byte;
    calls++;
    t_block(&block, ends[0], &byte, 1, 0);
    if (aio_read(&block) == 0) {
        CHECK_ERR(aio_suspend(list, 1, &zero), EAGAIN);
        CHECK_EQ(aio_cancel(ends[0], &block), AIO_CANCELED);
        CHECK_EQ(aio_error(&block), ECANCELED);
        CHECK_EQ(aio_return(&block), -1);
    } else {
        CHECK_EQ(errno, EAGAIN);
        refused++;
    }
    errno = saved;
    (void)sig;
}

int main(void)
{
    struct aiocb block;
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec every = { { 0, 200000 }, { 0, 200000 } };
    timer_t timer;
    char byte;
    t_pipe(ends);
    data = ends[0];
    t_read_blocked(&block, data, &byte, 1);
    CHECK_EQ(aio_cancel(data, &block), AIO_CANCELED);
    CHECK_EQ(__sigaction(SIGUSR1, &action, NULL), 0);
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
    double until = t_now() + 1.0 * (double)t_scale(1);
    while (t_now() < until) {
        t_block(&block, data, &byte, 1, 0);
        CHECK_EQ(aio_read(&block), 0);
        CHECK_EQ(aio_cancel(data, &block), AIO_CANCELED);
        CHECK_EQ(aio_return(&block), -1);
    }
    CHECK(calls > 100 && refused <= 1);
    return 0;
}
