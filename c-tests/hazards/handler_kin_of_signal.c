/* signal, sysv_signal, sigset and siginterrupt do what they do without the library, before and after the first request. */
#include "test.h"

/* Declared in a header only for some standards. */
__sighandler_t bsd_signal(int, __sighandler_t);
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static volatile sig_atomic_t last;

static void on_one(int sig)
{
    last = sig;
}

static void on_other(int sig)
{
    last = -sig;
}

/* What sigaction tells of a signal: handler, flags, and whether it is in its own mask. */
static void expect(int sig, __sighandler_t handler, unsigned flags, int masked)
{
    const unsigned told = SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_SIGINFO | SA_ONSTACK;
    struct sigaction now;
    CHECK_EQ(sigaction(sig, NULL, &now), 0);
    CHECK(now.sa_handler == handler);
    CHECK_EQ((unsigned)now.sa_flags & told, flags);
    CHECK_EQ(sigismember(&now.sa_mask, sig), masked);
}

static void take(int sig, int wanted)
{
    last = 0;
    CHECK_EQ(raise(sig), 0);
    CHECK_EQ(last, wanted);
}

static void round_of(int sig)
{
    /* BSD's */
    CHECK(signal(sig, on_one) == SIG_DFL);
    expect(sig, on_one, SA_RESTART, 1);
    take(sig, sig);
    CHECK(bsd_signal(sig, on_other) == on_one);
    take(sig, -sig);
    CHECK_EQ(siginterrupt(sig, 1), 0);
    expect(sig, on_other, 0, 1);
    CHECK(signal(sig, on_one) == on_other);
    expect(sig, on_one, 0, 1);
    CHECK_EQ(siginterrupt(sig, 0), 0);
    expect(sig, on_one, SA_RESTART, 1);
    CHECK(signal(sig, SIG_IGN) == on_one);
    take(sig, 0);
    CHECK(ssignal(sig, on_one) == SIG_IGN);
    /* System V's */
    CHECK(sysv_signal(sig, on_other) == on_one);
    expect(sig, on_other, SA_RESETHAND | SA_NODEFER, 0);
    take(sig, -sig);
    CHECK(signal(sig, SIG_DFL) == SIG_DFL);
    CHECK(sigset(sig, on_one) == SIG_DFL);
    expect(sig, on_one, 0, 0);
    take(sig, sig);
    CHECK(sigset(sig, SIG_HOLD) == on_one);
    take(sig, 0);
    CHECK(sigset(sig, SIG_HOLD) == SIG_HOLD);
    CHECK(sigset(sig, on_other) == SIG_HOLD); /* and lets in what waits */
    CHECK_EQ(last, -sig);
    CHECK(sigset(sig, SIG_DFL) == on_other);
    /* what is refused */
    errno = 0;
    CHECK(signal(0, on_one) == SIG_ERR && errno == EINVAL);
    errno = 0;
    CHECK(signal(65, on_one) == SIG_ERR && errno == EINVAL);
    errno = 0;
    CHECK(signal(sig, SIG_ERR) == SIG_ERR && errno == EINVAL);
    errno = 0;
    CHECK(signal(SIGKILL, on_one) == SIG_ERR && errno == EINVAL);
    CHECK_ERR(sigaction(SIGSTOP, &(struct sigaction){ .sa_handler = on_one }, NULL), EINVAL);
    CHECK_ERR(siginterrupt(65, 1), EINVAL);
    expect(sig, SIG_DFL, 0, 0);
    /* the same structure for both */
    struct sigaction *volatile place = NULL;
    struct sigaction both = { .sa_handler = on_one, .sa_flags = SA_SIGINFO };
    place = &both;
    CHECK_EQ(sigaction(sig, &both, place), 0);
    CHECK(both.sa_handler == SIG_DFL);
    expect(sig, on_one, SA_SIGINFO, 0);
    CHECK(signal(sig, SIG_DFL) == on_one);
}

int main(void)
{
    struct aiocb block;
    char byte;
    int ends[2];
    CHECK(signal(SIGTERM, on_other) == SIG_DFL);
    round_of(SIGUSR1);
    t_pipe(ends);
    t_block(&block, ends[0], &byte, 1, 0);
    CHECK_EQ(aio_read(&block), 0);
    round_of(SIGUSR1);
    round_of(SIGRTMIN + 3);
    /* what was there before */
    expect(SIGTERM, on_other, SA_RESTART, 1);
    take(SIGTERM, -SIGTERM);
    CHECK(signal(SIGTERM, SIG_DFL) == on_other);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    CHECK_EQ(t_finish(&block), 1);
    return 0;
}
