/* A handler runs as it was installed, whatever it interrupts: its mask, its siginfo, its flags, and each signal once. */
/* glibc: fails: it does not cancel a read that waits */
#include "test.h"
#include <ucontext.h>

/* Two timers for the thread, and what it sends to itself, against a loop of requests: many come where a lock is held. */

enum { QUEUED = 20000, READS = 16 };
static int first, second, third;
static timer_t third_timer;
static volatile sig_atomic_t wrong, ticks, resets;
static volatile int next_value;

static bool is_blocked(int sig)
{
    sigset_t now;
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    return sigismember(&now, sig) == 1;
}

/* With SA_SIGINFO, a mask of its own, and its signal blocked. */
static void on_first(int sig, siginfo_t *info, void *context)
{
    ucontext_t *where = context;
    wrong |= sig != first || info->si_code != SI_TIMER || info->si_value.sival_int != 7;
    wrong |= !is_blocked(first) || !is_blocked(SIGUSR2) || is_blocked(SIGUSR1);
    wrong |= sigismember(&where->uc_sigmask, SIGUSR1) == 1 || sigismember(&where->uc_sigmask, SIGTERM) == 1;
    ticks++;
}

/* Queued by the process to itself, in order, with SA_NODEFER and without SA_SIGINFO. */
static void on_second(int sig)
{
    wrong |= sig != second || is_blocked(second);
    __atomic_fetch_add(&next_value, 1, __ATOMIC_RELAXED); /* it interrupts itself */
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

static void arm(timer_t timer, long in_ns, long every_ns)
{
    struct itimerspec when = { { 0, every_ns }, { 0, in_ns } };
    CHECK_EQ(timer_settime(timer, 0, &when, NULL), 0);
}

/* With SA_RESETHAND: installed anew each time, and only then is there another. */
static void on_third(int sig)
{
    struct sigaction now;
    CHECK_EQ(sigaction(sig, NULL, &now), 0);
    wrong |= now.sa_handler != SIG_DFL || !is_blocked(sig);
    resets++;
    install(sig, on_third, SA_RESETHAND, 0);
    arm(third_timer, 170000, 0);
}

static void *queue_all(void *unused)
{
    for (int value = 0; value < QUEUED; value++) {
        while (sigqueue(getpid(), second, (union sigval){ .sival_int = value }) != 0)
            CHECK_EQ(errno, EAGAIN);
        while (next_value < value - 100)
            sched_yield();
    }
    return unused;
}

int main(void)
{
    static unsigned char buf[512];
    struct aiocb block;
    static struct aiocb blocks[READS];
    int data = t_data(1 << 16, 0);
    pthread_t sender;
    first = SIGRTMIN;
    second = SIGRTMIN + 1;
    third = SIGRTMIN + 2;
    install(first, on_first, SA_SIGINFO, SIGUSR2); /* before the first request */
    t_block(&block, data, buf, sizeof buf, 0);
    CHECK_EQ(aio_read(&block), 0);
    CHECK_EQ(t_finish(&block), 512);
    install(second, on_second, SA_NODEFER | SA_RESTART, 0); /* and after */
    install(first, on_first, SA_SIGINFO | SA_RESTART, SIGUSR2);
    install(third, on_third, SA_RESETHAND, 0);
    sigset_t all, none; /* only main is to have them */
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &all, &none), 0);
    CHECK_EQ(pthread_create(&sender, NULL, queue_all, NULL), 0);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &none, NULL), 0);
    third_timer = new_timer(third);
    arm(third_timer, 170000, 0);
    arm(new_timer(first), 150000, 150000);
    int ends[2];
    t_pipe(ends);
    while (next_value < QUEUED) {
        static char bytes[READS];
        for (int i = 0; i < READS; i++) {
            t_block(&blocks[i], ends[0], &bytes[i], 1, 0);
            CHECK_EQ(aio_read(&blocks[i]), 0);
        }
        CHECK_EQ(aio_cancel(ends[0], NULL), AIO_CANCELED);
        for (int i = 0; i < READS; i++) {
            CHECK_EQ(aio_error(&blocks[i]), ECANCELED);
            CHECK_EQ(aio_return(&blocks[i]), -1);
        }
    }
    CHECK_EQ(pthread_join(sender, NULL), 0);
    CHECK_EQ(next_value, QUEUED);
    CHECK(ticks > 10 && resets > 10);
    CHECK_EQ(wrong, 0);
    for (int sig = first; sig <= third; sig++)
        CHECK(!is_blocked(sig));
    return 0;
}
