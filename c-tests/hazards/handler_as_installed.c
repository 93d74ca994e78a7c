/* A handler runs as it was installed, whatever it interrupts: its mask, its siginfo, its flags, and each signal once. */
/* glibc: fails: it does not cancel a read that waits */
#include "test.h"
#include "flood.h"
#include <ucontext.h>

/* Two timers for the thread, and what it sends to itself, against a loop of requests: many come where a lock is held. */

static int first, second, third;
static timer_t first_timer, third_timer;
static volatile sig_atomic_t wrong, ticks, resets;

static bool is_blocked(int sig)
{
    sigset_t now;
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    return sigismember(&now, sig) == 1;
}

static void arm(timer_t timer, long in_ns)
{
    struct itimerspec when = { { 0, 0 }, { 0, in_ns } };
    CHECK_EQ(timer_settime(timer, 0, &when, NULL), 0);
}

/* With SA_SIGINFO, a mask of its own, and its signal blocked. */
static void on_first(int sig, siginfo_t *info, void *context)
{
    ucontext_t *where = context;
    wrong |= sig != first || info->si_code != SI_TIMER || info->si_value.sival_int != 7;
    wrong |= !is_blocked(first) || !is_blocked(SIGUSR2) || is_blocked(SIGUSR1);
    wrong |= sigismember(&where->uc_sigmask, SIGUSR1) == 1 || sigismember(&where->uc_sigmask, SIGTERM) == 1;
    ticks++;
    arm(first_timer, 150000);
}

/* Queued by the process to itself, in order, with SA_NODEFER and without SA_SIGINFO. */
static void on_second(int sig)
{
    wrong |= sig != second || is_blocked(second);
    __atomic_fetch_add(&f_arrived, 1, __ATOMIC_RELAXED); /* it interrupts itself */
}

static void install(int sig, void *handler, unsigned flags, int blocked)
{
    struct sigaction action = { .sa_flags = (int)flags }, told;
    if (flags & SA_SIGINFO)
        action.sa_sigaction = (void (*)(int, siginfo_t *, void *))handler;
    else
        action.sa_handler = (void (*)(int))handler;
    sigemptyset(&action.sa_mask);
    if (blocked)
        sigaddset(&action.sa_mask, blocked);
    CHECK_EQ(sigaction(sig, &action, NULL), 0);
    CHECK_EQ(sigaction(sig, NULL, &told), 0);
    CHECK(told.sa_handler == action.sa_handler);
    CHECK_EQ((unsigned)told.sa_flags & (SA_SIGINFO | SA_NODEFER | SA_RESTART | SA_RESETHAND), flags);
    CHECK_EQ(sigismember(&told.sa_mask, SIGUSR2), blocked == SIGUSR2);
}

static timer_t new_timer(int sig)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = sig, .sigev_value.sival_int = 7 };
    timer_t timer;
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    return timer;
}

/* With SA_RESETHAND: installed anew each time, and only then is there another. */
static void on_third(int sig)
{
    struct sigaction now;
    CHECK_EQ(sigaction(sig, NULL, &now), 0);
    wrong |= now.sa_handler != SIG_DFL || !is_blocked(sig);
    resets++;
    install(sig, on_third, SA_RESETHAND, 0);
    arm(third_timer, 170000);
}

int main(void)
{
    static unsigned char buf[512];
    struct aiocb block;
    int data = t_data(1 << 16, 0);
    second = SIGRTMIN; /* there is always one of these: handlers of higher numbers run above it */
    first = SIGRTMIN + 1;
    third = SIGRTMIN + 2;
    install(first, on_first, SA_SIGINFO, SIGUSR2); /* before the first request */
    t_block(&block, data, buf, sizeof buf, 0);
    CHECK_EQ(aio_read(&block), 0);
    CHECK_EQ(t_finish(&block), 512);
    install(second, on_second, SA_NODEFER | SA_RESTART, 0); /* and after */
    install(first, on_first, SA_SIGINFO | SA_RESTART, SIGUSR2);
    install(third, on_third, SA_RESETHAND, 0);
    pthread_t sender = f_start(second);
    third_timer = new_timer(third);
    arm(third_timer, 170000);
    first_timer = new_timer(first);
    arm(first_timer, 150000);
    int ends[2];
    t_pipe(ends);
    f_request(ends[0], sender);
    CHECK(ticks > 10 && resets > 10);
    CHECK_EQ(wrong, 0);
    for (int sig = second; sig <= third; sig++)
        CHECK(!is_blocked(sig));
    return 0;
}
