/* SIGEV_THREAD with a scheduling policy that the program may not have: no callback, and no end of attempts either. */
#include "test.h"
#include <sched.h>

enum { NOBODY = 65534 };

static void never(union sigval unused)
{
    (void)unused;
    FAIL("the callback was called");
}

static void *nothing(void *unused)
{
    return unused;
}

int main(void)
{
    struct sched_param urgent = { 50 };
    struct rusage before, after;
    struct rlimit none = { 0, 0 };
    struct aiocb cb;
    pthread_attr_t attr;
    pthread_t thread;
    int fd = t_file(0);
    CHECK_EQ(pthread_attr_init(&attr), 0);
    CHECK_EQ(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED), 0);
    CHECK_EQ(pthread_attr_setschedpolicy(&attr, SCHED_FIFO), 0);
    CHECK_EQ(pthread_attr_setschedparam(&attr, &urgent), 0);
    CHECK_EQ(setrlimit(RLIMIT_RTPRIO, &none), 0);
    if (setuid(NOBODY) != 0 && geteuid() == 0)
        SKIP("no way to give the privilege up: %s", strerror(errno));
    if (pthread_create(&thread, &attr, nothing, NULL) != EPERM)
        SKIP("anybody may have that policy here");
    t_block(&cb, fd, "data", 4, 0);
    t_sigev_thread(&cb, never, NULL);
    cb.aio_sigevent.sigev_notify_attributes = &attr;
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    CHECK_EQ(getrusage(RUSAGE_SELF, &before), 0);
    usleep(300000);
    CHECK_EQ(getrusage(RUSAGE_SELF, &after), 0);
    /* Library threads that have nothing to do wake up a few times. */
    CHECK(after.ru_nvcsw - before.ru_nvcsw < 100);
    return 0;
}
