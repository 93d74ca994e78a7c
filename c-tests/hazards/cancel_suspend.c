/* pthread_cancel of a thread inside aio_suspend, with and without a timeout: cleanup handlers run, the requests go on. */
#include "test.h"

static int ends[2], data;
static struct aiocb cb;
static char c;
static long turn;
static atomic_int cleaned;

static void cleanup(void *unused)
{
    struct aiocb own;
    char buf[64];
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_block(&own, data, buf, 64, 64);
    CHECK_EQ(aio_read(&own), 0);
    CHECK_EQ(t_finish(&own), 64);
    CHECK(t_same(buf, 64, 64, 0));
    atomic_fetch_add(&cleaned, 1);
    (void)unused;
}

static void *waiter(void *entered)
{
    const struct aiocb *list[3] = { NULL, &cb, NULL };
    struct timespec bound = { 60, 0 };
    pthread_cleanup_push(cleanup, NULL);
    sem_post(entered);
    aio_suspend(list, 3, turn & 1 ? &bound : NULL);
    FAIL("aio_suspend returned");
    pthread_cleanup_pop(0);
    return NULL;
}

int main(void)
{
    sem_t entered;
    t_pipe(ends);
    data = t_data(4096, 0);
    CHECK_EQ(sem_init(&entered, 0, 0), 0);
    for (turn = t_scale(600); turn > 0; turn--) {
        pthread_t thread;
        void *result;
        t_read_blocked(&cb, ends[0], &c, 1);
        CHECK_EQ(pthread_create(&thread, NULL, waiter, &entered), 0);
        CHECK_EQ(sem_wait(&entered), 0);
        if (turn % 4 >= 2) /* let it sleep; cancelling it on the way in is as good a case */
            usleep(200);
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        CHECK_EQ(atomic_exchange(&cleaned, 0), 1);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "c", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);
    }
    t_figure(0, t_scale(600), "cancelled waits that harmed others");
    return 0;
}
