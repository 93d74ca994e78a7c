/* A SIGEV_THREAD notification whose thread cannot be created at first (no room for its stack) comes later. */
/* glibc: fails: the failure to create the thread is ignored */
/* not under: asan tsan: they need more address space than is left here */
#include "test.h"

static atomic_int called;

static void callback(union sigval value)
{
    CHECK_EQ(value.sival_int, 31);
    atomic_fetch_add(&called, 1);
}

int main(void)
{
    int data = t_data(4096, 0);
    char buf[512];
    struct aiocb cb;
    pthread_attr_t attr;
    struct rlimit small = { 2ul << 30, RLIM_INFINITY }, large = { RLIM_INFINITY, RLIM_INFINITY };
    CHECK_EQ(pthread_attr_init(&attr), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attr, 8ul << 30), 0);
    CHECK_EQ(setrlimit(RLIMIT_AS, &small), 0);
    t_block(&cb, data, buf, 512, 0);
    t_sigev_thread(&cb, callback, NULL);
    cb.aio_sigevent.sigev_value.sival_int = 31;
    cb.aio_sigevent.sigev_notify_attributes = &attr;
    CHECK_EQ(aio_read(&cb), 0);
    CHECK_EQ(t_finish(&cb), 512); /* the result does not suffer */
    usleep(50000); /* so that a library that tries only once has tried */
    CHECK_EQ(atomic_load(&called), 0);
    CHECK_EQ(setrlimit(RLIMIT_AS, &large), 0);
    double until = t_now() + 10;
    while (atomic_load(&called) == 0)
        if (t_now() > until)
            FAIL("the notification was lost");
        else
            usleep(1000);
    usleep(50000);
    CHECK_EQ(atomic_load(&called), 1);
    return 0;
}
