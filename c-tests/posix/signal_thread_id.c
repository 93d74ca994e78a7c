/* SIGEV_THREAD_ID: the signal goes to that thread, with the same siginfo. */
/* glibc: fails: silently ignored */
#include "test.h"

static int file;
static atomic_int tid;
static sem_t ready;

static void *receive(void *arg)
{
    tid = gettid();
    sem_post(&ready);
    for (int i = 0; i < 100; i++) {
        siginfo_t info = t_take_signal(SIGRTMIN);
        CHECK_EQ(info.si_code, SI_ASYNCIO);
        CHECK_EQ(info.si_value.sival_int, i);
        CHECK_EQ(info.si_pid, getpid());
        CHECK_EQ(info.si_uid, getuid());
        sem_post(&ready);
    }
    return arg;
}

int main(void)
{
    char c;
    pthread_t thread;
    struct aiocb cb;
    t_block_signals();
    sem_init(&ready, 0, 0);
    file = t_filled(0, 1, 1);
    CHECK_EQ(pthread_create(&thread, NULL, receive, NULL), 0);
    CHECK_EQ(sem_wait(&ready), 0);
    for (int i = 0; i < 100; i++) {
        t_block(&cb, file, &c, 1, 0);
        t_sigev_signal(&cb, SIGRTMIN, i);
        cb.aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
        cb.aio_sigevent.sigev_notify_thread_id = tid;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(sem_wait(&ready), 0);
        CHECK_EQ(t_finish(&cb), 1);
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    t_no_signal();
    return 0;
}
