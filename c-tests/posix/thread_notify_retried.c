/* When the thread of SIGEV_THREAD cannot be made it is tried again: the call comes later. */
/* glibc: fails: the failure is ignored, the call never comes */
/* not under: memcheck: it refuses so large a mapping with EINVAL, not ENOMEM */
#include "test.h"

static sem_t called;

static void notified(union sigval value)
{
    CHECK_EQ(value.sival_int, 31);
    sem_post(&called);
}

int main(void)
{
    char c;
    struct aiocb cb;
    pthread_attr_t attr;
    sem_init(&called, 0, 0);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    CHECK_EQ(pthread_attr_setstacksize(&attr, 1ul << 46), 0); /* No room for such a stack. */
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    t_sigev_thread(&cb, notified, NULL);
    cb.aio_sigevent.sigev_value.sival_int = 31;
    cb.aio_sigevent.sigev_notify_attributes = &attr;
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 1);
    usleep(100000);
    CHECK_EQ(sem_trywait(&called), -1);
    CHECK_EQ(pthread_attr_setstacksize(&attr, 1 << 18), 0);
    CHECK_EQ(sem_wait(&called), 0);
    return 0;
}
