/* Every one of several threads that wait for the same request is woken. */
#include "test.h"

static struct aiocb cb;
static atomic_int waiting;

static void *wait_for_it(void *arg)
{
    const struct aiocb *list[] = { &cb };
    struct timespec plenty = { 100, 0 };
    waiting++;
    CHECK_OK(aio_suspend(list, 1, arg ? &plenty : NULL));
    CHECK_EQ(aio_error(&cb), 0);
    return NULL;
}

int main(void)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    int p[2];
    char c;
    t_pipe(p);
    for (int round = 0; round < 50; round++) {
        t_read_blocked(&cb, p[0], &c, 1);
        waiting = 0;
        for (long i = 0; i < THREADS; i++)
            CHECK_EQ(pthread_create(&thread[i], NULL, wait_for_it, (void *)(i % 2)), 0);
        while (waiting < THREADS - round % 3)
            sched_yield();
        t_write_all(p[1], "x", 1);
        for (int i = 0; i < THREADS; i++)
            CHECK_EQ(pthread_join(thread[i], NULL), 0);
        CHECK_EQ(aio_return(&cb), 1);
    }
    return 0;
}
