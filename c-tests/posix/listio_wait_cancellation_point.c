/* LIO_WAIT is a cancellation point; the requests go on. */
/* glibc: fails: its LIO_WAIT is no cancellation point */
#include "test.h"

static struct aiocb cb;
static atomic_bool waiting;

static void *wait_for_it(void *arg)
{
    struct aiocb *list[] = { &cb };
    waiting = true;
    lio_listio(LIO_WAIT, list, 1, NULL);
    return arg;
}

int main(void)
{
    int p[2];
    char c;
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        void *result;
        waiting = false;
        t_block(&cb, p[0], &c, 1, 0);
        cb.aio_lio_opcode = LIO_READ;
        CHECK_EQ(pthread_create(&thread, NULL, wait_for_it, NULL), 0);
        while (!waiting)
            sched_yield();
        if (i % 2)
            usleep(1000);
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        if (i % 2) { /* Submitted before it was cancelled. */
            t_write_all(p[1], "x", 1);
            CHECK_EQ(t_finish(&cb), 1);
        } else if (aio_error(&cb) == EINPROGRESS) {
            t_write_all(p[1], "x", 1);
            CHECK_EQ(t_finish(&cb), 1);
        }
    }
    return 0;
}
