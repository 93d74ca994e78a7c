/* With cancellation disabled, aio_suspend and LIO_WAIT wait on, and the state is what it was afterwards. */
#include "test.h"

static int ends[2];

static void *waiter(void *entered)
{
    struct aiocb cb, *list[1] = { &cb };
    const struct aiocb *clist[1] = { &cb };
    char c;
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cancel(pthread_self());
    t_block(&cb, ends[0], &c, 1, 0);
    cb.aio_lio_opcode = LIO_READ;
    sem_post(entered);
    CHECK_EQ(lio_listio(LIO_WAIT, list, 1, NULL), 0);
    CHECK_EQ(aio_return(&cb), 1);
    t_block(&cb, ends[0], &c, 1, 0);
    CHECK_EQ(aio_read(&cb), 0);
    sem_post(entered);
    CHECK_EQ(aio_suspend(clist, 1, NULL), 0);
    CHECK_EQ(aio_return(&cb), 1);
    CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
    CHECK_EQ(old, PTHREAD_CANCEL_DISABLE);
    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old), 0);
    CHECK_EQ(old, PTHREAD_CANCEL_DEFERRED);
    return NULL;
}

int main(void)
{
    sem_t entered;
    t_pipe(ends);
    CHECK_EQ(sem_init(&entered, 0, 0), 0);
    for (long n = t_scale(100); n > 0; n--) {
        pthread_t thread;
        void *result;
        CHECK_EQ(pthread_create(&thread, NULL, waiter, &entered), 0);
        for (int i = 0; i < 2; i++) {
            CHECK_EQ(sem_wait(&entered), 0);
            CHECK_EQ(write(ends[1], "d", 1), 1);
        }
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == NULL);
    }
    return 0;
}
