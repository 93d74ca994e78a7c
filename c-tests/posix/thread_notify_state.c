/* The function of SIGEV_THREAD runs with all signals unblocked, cancellation enabled, detached. */
#include "test.h"

static sem_t called;

static void notified(union sigval value)
{
    sigset_t mask;
    int old;
    pthread_attr_t attr;
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    for (int signo = 1; signo <= 64; signo++)
        if (signo != 32 && signo != 33)
            CHECK_EQ(sigismember(&mask, signo), 0);
    CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
    CHECK_EQ(old, PTHREAD_CANCEL_ENABLE);
    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old), 0);
    CHECK_EQ(old, PTHREAD_CANCEL_DEFERRED);
    CHECK_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
    CHECK_EQ(pthread_attr_getdetachstate(&attr, &old), 0);
    CHECK_EQ(old, PTHREAD_CREATE_DETACHED);
    pthread_attr_destroy(&attr);
    sem_post(value.sival_ptr);
}

int main(void)
{
    char c;
    struct aiocb cb;
    t_block_signals();
    sem_init(&called, 0, 0);
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    t_sigev_thread(&cb, notified, &called);
    for (int i = 0; i < 20; i++) {
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(sem_wait(&called), 0);
    }
    return 0;
}
