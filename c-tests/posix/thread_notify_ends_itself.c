/* The function of SIGEV_THREAD may end its thread, or be cancelled: nothing else ends. */
#include "test.h"

static sem_t called;

static void notified(union sigval value)
{
    sem_post(&called);
    if (value.sival_int == 0)
        pthread_exit(NULL);
    pthread_cancel(pthread_self());
    for (;;)
        pause();
}

int main(void)
{
    char c;
    struct aiocb cb;
    sem_init(&called, 0, 0);
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    t_sigev_thread(&cb, notified, NULL);
    for (int i = 0; i < 200; i++) {
        cb.aio_sigevent.sigev_value.sival_int = i % 2;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(sem_wait(&called), 0);
    }
    return 0;
}
