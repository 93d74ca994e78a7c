/* aiowait in a signal handler that interrupted aiowait or aioread takes results; the outer call goes on. */
#include "solaris.h"

static _Atomic long taken;

static void on_signal(int signo)
{
    int saved = errno;
    struct timeval zero = { 0, 0 }, little = { 0, 100 };
    aio_result_t *r;
    (void)signo;
    while ((r = aiowait(taken % 2 ? &zero : &little)) != NULL && r != S_FAILED)
        taken++;
    errno = saved;
}

int main(void)
{
    struct t_pinger pinger;
    char c, d;
    int p[2], fd = t_filled(0, 4096, 1);
    aio_result_t stuck, r;
    long own = 0, asked = 0;
    t_pipe(p);
    s_blocked(p[0], &c, &stuck);
    t_handle(SIGUSR1, on_signal, SA_RESTART);
    t_start_pinging(&pinger, SIGUSR1);
    double until = t_now() + 1;
    while (t_now() < until) {
        s_polled(&r);
        CHECK_EQ(aioread(fd, &d, 1, 0, SEEK_SET, &r), 0);
        asked++;
        struct timeval wait = { 0, 2000 };
        aio_result_t *got = aiowait(&wait);
        if (got == &r)
            own++;
        else
            CHECK(got == NULL || (got == S_FAILED && errno == EINTR));
        CHECK_EQ(s_spin(&r), 1);
    }
    t_stop_pinging(&pinger);
    while (s_poll() == &r)
        own++;
    /* a result that was not taken before its pointer was used again was dropped */
    CHECK(own + taken <= asked && own > 0);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &stuck);
    CHECK_IDLE();
    return 0;
}
