/* The sigevent is copied at the call: changing it, or its block, later means nothing. */
/* glibc: fails: it is read at the end of the request */
#include "test.h"

static void post(union sigval value)
{
    sem_post(value.sival_ptr);
}

int main(void)
{
    int p[2];
    char c;
    sem_t called;
    struct aiocb cb;
    t_block_signals();
    sem_init(&called, 0, 0);
    t_pipe(p);

    t_block(&cb, p[0], &c, 1, 0);
    t_sigev_signal(&cb, SIGRTMIN, 7);
    CHECK_OK(aio_read(&cb));
    memset(&cb.aio_sigevent, 0x11, sizeof cb.aio_sigevent);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, 7);

    t_block(&cb, p[0], &c, 1, 0);
    t_sigev_thread(&cb, post, &called);
    CHECK_OK(aio_read(&cb));
    memset(&cb.aio_sigevent, 0x11, sizeof cb.aio_sigevent);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(sem_wait(&called), 0);
    t_no_signal();
    return 0;
}
