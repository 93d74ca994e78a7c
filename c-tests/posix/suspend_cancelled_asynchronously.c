/* A thread of cancel type asynchronous can be cancelled in aio_suspend; the request and later waits are unharmed. */
/* glibc: may fail: a lock that the cancelled thread held is never free again */
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
    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
    pthread_cleanup_push(clean, NULL);
    waiting++;
    aio_suspend(list, 1, arg ? &day : NULL);
    FAIL("aio_suspend returned");
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
        if (i % 4 >= 2) /* asleep; on the way in is as good a case */
            usleep(200);
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
