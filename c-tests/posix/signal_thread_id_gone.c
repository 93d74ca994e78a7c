/* SIGEV_THREAD_ID for a thread that is gone, or of another process: dropped, the request is good. */
#include "test.h"

static void *report(void *arg)
{
    *(pid_t *)arg = gettid();
    return NULL;
}

int main(void)
{
    char c;
    pid_t tid;
    pthread_t thread;
    struct aiocb cb;
    t_block_signals();
    int fd = t_filled(0, 1, 1);
    CHECK_EQ(pthread_create(&thread, NULL, report, &tid), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    const pid_t gone[] = { tid, getppid(), INT_MAX, 0, -1 };
    for (int i = 0; i < 5; i++) {
        t_block(&cb, fd, &c, 1, 0);
        t_sigev_signal(&cb, SIGRTMIN, i);
        cb.aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
        cb.aio_sigevent.sigev_notify_thread_id = gone[i];
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 1);
    }
    t_no_signal();
    return 0;
}
