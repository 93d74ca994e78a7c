/* aio_suspend with a cancellation already pending acts on it and leaves other waiters and the requests alone. */
#include "test.h"

static int ends[2];
static struct aiocb cb;
static char c;

static void *pending(void *unused)
{
    const struct aiocb *list[1] = { &cb };
    pthread_cancel(pthread_self());
    aio_suspend(list, 1, NULL);
    FAIL("aio_suspend returned");
    return unused;
}

static void *other(void *unused)
{
    const struct aiocb *list[1] = { &cb };
    CHECK_EQ(aio_suspend(list, 1, NULL), 0);
    return unused;
}

int main(void)
{
    t_pipe(ends);
    for (long n = t_scale(300); n > 0; n--) {
        pthread_t thread, companion;
        void *result;
        t_read_blocked(&cb, ends[0], &c, 1);
        CHECK_EQ(pthread_create(&companion, NULL, other, NULL), 0);
        CHECK_EQ(pthread_create(&thread, NULL, pending, NULL), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "c", 1), 1);
        CHECK_EQ(pthread_join(companion, &result), 0);
        CHECK(result == NULL);
        CHECK_EQ(t_finish(&cb), 1);
    }
    return 0;
}
