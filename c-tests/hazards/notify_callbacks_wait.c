/* Callbacks that wait for each other, or for a lock, hold up neither other notifications nor requests. */
#include "test.h"

enum { COUNT = 40 };
static pthread_barrier_t all_here;
static atomic_int done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void meet(union sigval value)
{
    (void)value;
    pthread_barrier_wait(&all_here);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&done, 1);
}

int main(void)
{
    int data = t_data(1 << 16, 0), ends[2];
    static struct aiocb cb[COUNT];
    static char buf[COUNT][512];
    t_pipe(ends);
    for (long n = t_scale(10); n > 0; n--) {
        struct aiocb own;
        char c;
        CHECK_EQ(pthread_barrier_init(&all_here, NULL, COUNT), 0);
        atomic_store(&done, 0);
        pthread_mutex_lock(&lock);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], data, buf[i], 512, i * 512);
            t_sigev_thread(&cb[i], meet, NULL);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), 512);
        t_block(&own, ends[0], &c, 1, 0);
        t_sigev_thread(&own, meet, NULL);
        own.aio_sigevent.sigev_notify = SIGEV_NONE;
        CHECK_EQ(aio_read(&own), 0);
        CHECK_EQ(write(ends[1], "n", 1), 1);
        CHECK_EQ(t_finish(&own), 1);
        CHECK_EQ(atomic_load(&done), 0);
        pthread_mutex_unlock(&lock);
        while (atomic_load(&done) < COUNT)
            sched_yield();
        pthread_barrier_destroy(&all_here);
    }
    return 0;
}
