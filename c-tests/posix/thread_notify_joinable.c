/* SIGEV_THREAD with joinable attributes: the thread stays joinable. */
#include "test.h"

static pthread_t notifier;
static sem_t called;

static void notified(union sigval value)
{
    notifier = pthread_self();
    sem_post(&called);
    if (value.sival_int)
        pthread_exit(&called);
}

int main(void)
{
    char c;
    struct aiocb cb;
    pthread_attr_t attr;
    sem_init(&called, 0, 0);
    pthread_attr_init(&attr);
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    t_sigev_thread(&cb, notified, NULL);
    cb.aio_sigevent.sigev_notify_attributes = &attr;
    for (int i = 0; i < 20; i++) {
        void *result = NULL;
        cb.aio_sigevent.sigev_value.sival_int = i % 2;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(sem_wait(&called), 0);
        CHECK_EQ(pthread_join(notifier, &result), 0);
        CHECK(result == (i % 2 ? &called : NULL));
    }
    return 0;
}
