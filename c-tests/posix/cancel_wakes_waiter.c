/* aio_suspend of another thread returns when the request is cancelled. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

static struct aiocb cb;
static atomic_bool waiting;

static void *wait_for_it(void *arg)
{
    const struct aiocb *list[] = { &cb };
    waiting = true;
    CHECK_OK(aio_suspend(list, 1, NULL));
    CHECK_EQ(aio_error(&cb), ECANCELED);
    return arg;
}

int main(void)
{
    int p[2];
    char c;
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        waiting = false;
        t_read_blocked(&cb, p[0], &c, 1);
        CHECK_EQ(pthread_create(&thread, NULL, wait_for_it, NULL), 0);
        while (!waiting)
            sched_yield();
        CHECK_EQ(aio_cancel(p[0], &cb), AIO_CANCELED);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    return 0;
}
