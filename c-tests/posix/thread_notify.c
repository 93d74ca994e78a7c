/* SIGEV_THREAD: called once in another thread with the value; result and status are there. */
#include "test.h"

static struct aiocb cb;
static pthread_t maker;
static sem_t called;
static atomic_int calls;

static void notified(union sigval value)
{
    CHECK(value.sival_ptr == &cb);
    CHECK(!pthread_equal(pthread_self(), maker));
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return(&cb), 100);
    calls++;
    sem_post(&called);
}

int main(void)
{
    char buf[100];
    maker = pthread_self();
    sem_init(&called, 0, 0);
    t_block(&cb, t_filled(0, 100, 1), buf, sizeof buf, 0);
    t_sigev_thread(&cb, notified, &cb);
    for (int i = 0; i < 500; i++) {
        CHECK_OK(i % 2 ? aio_write(&cb) : aio_read(&cb));
        CHECK_EQ(sem_wait(&called), 0);
        CHECK_EQ(calls, i + 1);
    }
    return 0;
}
