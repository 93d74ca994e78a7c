/* Each notification by SIGEV_THREAD has its own thread: forty functions can wait for each other. */
#include "test.h"

enum { COUNT = 40 };
static pthread_barrier_t all;
static sem_t called;

static void notified(union sigval value)
{
    (void)value;
    pthread_barrier_wait(&all);
    sem_post(&called);
}

int main(void)
{
    static struct aiocb cb[COUNT];
    char c[COUNT];
    sem_init(&called, 0, 0);
    pthread_barrier_init(&all, NULL, COUNT);
    int fd = t_filled(0, COUNT, 1);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, &c[i], 1, i);
        t_sigev_thread(&cb[i], notified, NULL);
        CHECK_OK(aio_read(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(sem_wait(&called), 0);
    return 0;
}
