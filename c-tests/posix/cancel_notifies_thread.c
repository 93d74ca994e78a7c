/* A cancelled request is notified exactly once, by thread, with its status final. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

static sem_t called;
static atomic_int calls;

static void notified(union sigval value)
{
    struct aiocb *cb = value.sival_ptr;
    CHECK_EQ(aio_error(cb), ECANCELED);
    CHECK_EQ(aio_return(cb), -1);
    calls++;
    sem_post(&called);
}

int main(void)
{
    enum { COUNT = 20 };
    int p[2];
    char c[COUNT];
    struct aiocb cb[COUNT];
    t_pipe(p);
    sem_init(&called, 0, 0);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], p[0], &c[i], 1, 0);
        t_sigev_thread(&cb[i], notified, &cb[i]);
        CHECK_OK(aio_read(&cb[i]));
    }
    CHECK_EQ(aio_cancel(p[0], NULL), AIO_CANCELED);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(sem_wait(&called), 0);
    usleep(20000);
    CHECK_EQ(calls, COUNT);
    return 0;
}
