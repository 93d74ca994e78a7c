/* Each entry's own sigevent is honoured, under LIO_WAIT and LIO_NOWAIT, beside sig. */
/* not under: tsan: of the signals that it puts off it keeps one of each number */
#include "test.h"

enum { COUNT = 30 };
static atomic_int signals[COUNT], calls[COUNT], ends;
static sem_t told;

/* The threads of SIGEV_THREAD have no signal blocked: no sigwaitinfo here. */
static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    if (signo == SIGRTMIN)
        ends++;
    else
        signals[info->si_value.sival_int]++;
    sem_post(&told);
}

static void notified(union sigval value)
{
    calls[value.sival_int]++;
    sem_post(&told);
}

int main(void)
{
    char c[COUNT];
    struct aiocb cb[COUNT], *list[COUNT];
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
    CHECK_EQ(sigaction(SIGRTMIN, &action, NULL), 0);
    CHECK_EQ(sigaction(SIGRTMIN + 1, &action, NULL), 0);
    sem_init(&told, 0, 0);
    int fd = t_filled(0, COUNT, 1);
    for (int mode = LIO_WAIT; mode <= LIO_NOWAIT; mode++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, &c[i], 1, i);
            cb[i].aio_lio_opcode = LIO_READ;
            if (i % 3 == 1)
                t_sigev_signal(&cb[i], SIGRTMIN + 1, i);
            if (i % 3 == 2)
                t_sigev_thread(&cb[i], notified, (void *)(intptr_t)i);
            list[i] = &cb[i];
        }
        CHECK_OK(lio_listio(mode, list, COUNT, &sig));
        for (int i = 0; i < COUNT / 3 * 2 + (mode == LIO_NOWAIT); i++)
            while (sem_wait(&told) != 0)
                CHECK_EQ(errno, EINTR);
        for (int i = 0; i < COUNT; i++) {
            CHECK_EQ(signals[i], i % 3 == 1 ? mode + 1 : 0);
            CHECK_EQ(calls[i], i % 3 == 2 ? mode + 1 : 0);
        }
        CHECK_EQ(ends, mode == LIO_NOWAIT);
    }
    return 0;
}
