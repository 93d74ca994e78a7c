/* aio_suspend is a cancellation point; the request and other waiters are unharmed. */
#include "test.h"

static struct aiocb cb;
static atomic_int cleaned, waiting;

static void clean(void *arg)
{
    (void)arg;
    cleaned++;
}

static void *wait_for_it(void *arg)
{
    const struct aiocb *list[] = { &cb };
    struct timespec day = { 86400, 0 };
    pthread_cleanup_push(clean, NULL);
    waiting++;
    aio_suspend(list, 1, arg ? &day : NULL);
    pthread_cleanup_pop(0);
    return NULL;
}

int main(void)
{
    int p[2];
    char c;
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (long i = 0; i < 200; i++) {
        pthread_t thread;
        void *result;
        waiting = 0;
        CHECK_EQ(pthread_create(&thread, NULL, wait_for_it, (void *)(i % 2)), 0);
        while (waiting == 0)
            sched_yield();
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        CHECK_EQ(cleaned, i + 1);
    }
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    return 0;
}
