/* lio_listio(LIO_WAIT) is a cancellation point, also with the cancellation pending at the call; its requests go on. */
/* not under: asan: its runtime runs into the marks of the frames that a cancellation unwound, without uaio, too */
/* glibc: fails: its lio_listio is not a cancellation point */
#include "test.h"

static int ends[2], data;
static struct aiocb cb[2];
static char c, page[512];
static long turn;

static void *waiter(void *entered)
{
    struct aiocb *list[3] = { &cb[0], NULL, &cb[1] };
    t_block(&cb[0], ends[0], &c, 1, 0);
    t_block(&cb[1], data, page, 512, 512);
    cb[0].aio_lio_opcode = cb[1].aio_lio_opcode = LIO_READ;
    if (turn % 3 == 0)
        pthread_cancel(pthread_self());
    sem_post(entered);
    lio_listio(LIO_WAIT, list, 3, NULL);
    FAIL("lio_listio returned");
    return NULL;
}

static __attribute__((noinline)) void overwrite_stack(void)
{
    volatile unsigned char waste[16384];
    for (size_t i = 0; i < sizeof waste; i++)
        waste[i] = 0x5a;
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
        memset(cb, 0, sizeof cb);
        CHECK_EQ(pthread_create(&thread, NULL, waiter, &entered), 0);
        CHECK_EQ(sem_wait(&entered), 0);
        if (turn % 3 == 1) /* until the list is in the queue, which is just before the wait */
            while (aio_error(&cb[0]) != EINPROGRESS)
                sched_yield();
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        overwrite_stack();
        /* cancelled at the entry: nothing queued, or everything: both are a consistent state */
        int error = aio_error(&cb[0]);
        if (error == EINPROGRESS) {
            CHECK_EQ(write(ends[1], "c", 1), 1);
            CHECK_EQ(t_finish(&cb[0]), 1);
            CHECK_EQ(t_finish(&cb[1]), 512);
            CHECK(t_same(page, 512, 512, 0));
        } else {
            CHECK_EQ(error, -1);
            CHECK(turn % 3 != 1);
            CHECK_ERR(aio_error(&cb[1]), EINVAL);
        }
    }
    return 0;
}
