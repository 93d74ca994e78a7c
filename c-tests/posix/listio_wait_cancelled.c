/* LIO_WAIT: a request that another thread cancels counts as failed, EIO. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

static int p[2];
static struct aiocb cb[2];

static void *cancel(void *arg)
{
    while (aio_cancel(p[0], &cb[0]) != AIO_CANCELED)
        sched_yield();
    return arg;
}

int main(void)
{
    char c[2];
    struct aiocb *list[] = { &cb[0], &cb[1] };
    int fd = t_filled(0, 1, 1);
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        t_block(&cb[0], p[0], &c[0], 1, 0);
        cb[0].aio_lio_opcode = LIO_READ;
        t_block(&cb[1], fd, &c[1], 1, 0);
        cb[1].aio_lio_opcode = LIO_READ;
        CHECK_EQ(pthread_create(&thread, NULL, cancel, NULL), 0);
        CHECK_ERR(lio_listio(LIO_WAIT, list, 2, NULL), EIO);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(aio_error(&cb[0]), ECANCELED);
        CHECK_EQ(aio_error(&cb[1]), 0);
    }
    return 0;
}
