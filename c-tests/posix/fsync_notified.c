/* The end of a sync is notified, by signal and by thread. */
#include "test.h"

static void post(union sigval value)
{
    sem_post(value.sival_ptr);
}

int main(void)
{
    sem_t called;
    struct aiocb cb;
    t_block_signals();
    sem_init(&called, 0, 0);
    t_block(&cb, t_file(0), NULL, 0, 0);
    t_sigev_signal(&cb, SIGRTMIN, 42);
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, 42);
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return(&cb), 0);
    t_sigev_thread(&cb, post, &called);
    CHECK_OK(aio_fsync(O_DSYNC, &cb));
    CHECK_EQ(sem_wait(&called), 0);
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return(&cb), 0);
    return 0;
}
