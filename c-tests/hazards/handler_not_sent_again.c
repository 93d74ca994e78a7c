/* A signal that is put off and cannot be queued again, as the queue is full, arrives all the same and with its value. */
/* glibc: fails: it does not cancel a read that waits */
#include "test.h"
#include "exhaust.h"

enum { QUEUED = 20000, READS = 16 };

static int number;
static volatile int arrived;
static volatile long sum;
static volatile sig_atomic_t wrong;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    sigset_t now;
    wrong |= sig != number || info->si_code != SI_QUEUE || context == NULL;
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    wrong |= sigismember(&now, number) != 1 || sigismember(&now, SIGUSR2) != 1 || sigismember(&now, SIGUSR1) == 1;
    sum += info->si_value.sival_int;
    arrived++;
}

static void *queue_all(void *unused)
{
    for (int value = 0; value < QUEUED; value++) {
        while (sigqueue(getpid(), number, (union sigval){ .sival_int = value }) != 0)
            CHECK_EQ(errno, EAGAIN);
        while (arrived < value - 100)
            sched_yield();
    }
    return unused;
}

int main(void)
{
    static struct aiocb blocks[READS];
    static char bytes[READS];
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigset_t all, none, now;
    pthread_t sender;
    int ends[2];
    number = SIGRTMIN;
    sigaddset(&action.sa_mask, SIGUSR2);
    CHECK_EQ(sigaction(number, &action, NULL), 0);
    t_pipe(ends);
    x_refuse((int[]){ SYS_rt_tgsigqueueinfo }, 1, EAGAIN, true);
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &all, &none), 0);
    CHECK_EQ(pthread_create(&sender, NULL, queue_all, NULL), 0);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &none, NULL), 0);
    while (arrived < QUEUED) {
        for (int i = 0; i < READS; i++) {
            t_block(&blocks[i], ends[0], &bytes[i], 1, 0);
            CHECK_EQ(aio_read(&blocks[i]), 0);
        }
        CHECK_EQ(aio_cancel(ends[0], NULL), AIO_CANCELED);
        for (int i = 0; i < READS; i++)
            CHECK_EQ(aio_return(&blocks[i]), -1);
    }
    CHECK_EQ(pthread_join(sender, NULL), 0);
    CHECK_EQ(arrived, QUEUED);
    CHECK_EQ(sum, (long)QUEUED * (QUEUED - 1) / 2);
    CHECK_EQ(wrong, 0);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    CHECK(sigismember(&now, number) == 0 && sigismember(&now, SIGUSR2) == 0);
    return 0;
}
