/* A function of SIGEV_THREAD that waits for a lock held by the submitting thread holds up nothing. */
#include "test.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int calls;

static void notified(union sigval value)
{
    (void)value;
    pthread_mutex_lock(&lock);
    calls++;
    pthread_mutex_unlock(&lock);
}

int main(void)
{
    enum { COUNT = 50 };
    static struct aiocb cb[COUNT];
    static char buf[COUNT][512];
    int fd = t_filled(0, sizeof buf, 1);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, buf[i], 512, i * 512);
        t_sigev_thread(&cb[i], notified, NULL);
        CHECK_OK(i % 2 ? aio_read(&cb[i]) : aio_write(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), 512);
    pthread_mutex_unlock(&lock);
    while (calls < COUNT)
        usleep(1000);
    return 0;
}
