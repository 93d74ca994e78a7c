/* aio_error, aio_return and aio_suspend are async-signal-safe: a 5 kHz handler calls them while main submits and asks. */
/* glibc: fails: aio_error and aio_suspend take the lock that the interrupted call holds */
#include "test.h"

static struct aiocb watched[4], piped;
static unsigned char buf[4][512];
static bool valid[4];
static long calls;

static void on_signal(int sig)
{
    int saved = errno;
    static unsigned turn;
    const struct aiocb *list[2] = { NULL, &piped };
    struct timespec zero = { 0, 0 };
    for (int i = 0; i < 4; i++)
        if (valid[i] && aio_error(&watched[i]) == 0) {
            CHECK_EQ(aio_return(&watched[i]), 512);
            valid[i] = false;
        }
    if (turn++ & 1)
        CHECK_ERR(aio_suspend(list, 2, &zero), EAGAIN);
    else
        CHECK_EQ(aio_error(&piped), EINPROGRESS);
    calls++;
    errno = saved;
    (void)sig;
}

int main(void)
{
    int data = t_data(1 << 16, 0), ends[2];
    char c;
    t_pipe(ends);
    t_read_blocked(&piped, ends[0], &c, 1);
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec every = { { 0, 200000 }, { 0, 200000 } };
    timer_t timer;
    t_handle(SIGUSR1, on_signal, SA_RESTART);
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
    double until = t_now() + 2.0 * (double)t_scale(1);
    for (unsigned turn = 0; t_now() < until; turn++) {
        struct aiocb own;
        static unsigned char own_buf[512];
        int i = (int)(turn % 4);
        sigset_t set, old;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        if (!valid[i]) { /* hand the handler a fresh one */
            sigprocmask(SIG_BLOCK, &set, &old);
            t_block(&watched[i], data, buf[i], 512, i * 512);
            CHECK_EQ(aio_read(&watched[i]), 0);
            valid[i] = true;
            sigprocmask(SIG_SETMASK, &old, NULL);
        }
        t_block(&own, data, own_buf, 512, (off_t)(turn % 100) * 512);
        CHECK_EQ(aio_read(&own), 0);
        CHECK_EQ(t_finish(&own), 512);
        CHECK(t_same(own_buf, 512, own.aio_offset, 0));
    }
    CHECK(calls > 0);
    return 0;
}
