/* A signal that is put off and cannot be queued again, as the queue is full, arrives all the same and with its value. */
/* glibc: fails: it does not cancel a read that waits */
#include "test.h"
#include "exhaust.h"
#include "flood.h"

static int number;
static volatile long sum;
static volatile sig_atomic_t wrong;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    sigset_t now;
    wrong |= sig != number || info->si_code != SI_QUEUE || context == NULL;
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    wrong |= sigismember(&now, number) != 1 || sigismember(&now, SIGUSR2) != 1 || sigismember(&now, SIGUSR1) == 1;
    sum += info->si_value.sival_int;
    f_arrived++;
}

int main(void)
{
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigset_t now;
    int ends[2];
    number = SIGRTMIN;
    sigaddset(&action.sa_mask, SIGUSR2);
    CHECK_EQ(sigaction(number, &action, NULL), 0);
    t_pipe(ends);
    x_refuse((int[]){ SYS_rt_tgsigqueueinfo }, 1, EAGAIN, true);
    f_request(ends[0], f_start(number));
    CHECK_EQ(sum, (long)F_QUEUED * (F_QUEUED - 1) / 2);
    CHECK_EQ(wrong, 0);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
    CHECK(sigismember(&now, number) == 0 && sigismember(&now, SIGUSR2) == 0);
    return 0;
}
