/* Submitting, asking, cancelling and LIO_NOWAIT are no cancellation points: a pending cancellation stays pending. */
#include "test.h"

static int data, file, ends[2], direct;

static void *with_pending(void *arg)
{
    bool *through = arg;
    static unsigned char page[8192] __attribute__((aligned(4096)));
    struct aiocb r, d, w, p, s, *list[1] = { &r };
    int old;
    pthread_cancel(pthread_self());
    t_block(&r, data, page, 512, 512);
    CHECK_EQ(aio_read(&r), 0);
    t_block(&d, direct, page + 4096, 4096, 0);
    CHECK_EQ(aio_read(&d), 0);
    t_block(&w, file, "w", 1, 0);
    CHECK_EQ(aio_write(&w), 0);
    t_block(&s, file, NULL, 0, 0);
    CHECK_EQ(aio_fsync(O_SYNC, &s), 0);
    t_block(&p, ends[0], page + 600, 1, 0);
    CHECK_EQ(aio_read(&p), 0);
    while (aio_error(&r) == EINPROGRESS || aio_error(&d) == EINPROGRESS || aio_error(&w) == EINPROGRESS
           || aio_error(&s) == EINPROGRESS)
        sched_yield();
    CHECK_EQ(aio_return(&r), 512);
    CHECK_EQ(aio_return(&d), 4096);
    CHECK_EQ(aio_return(&w), 1);
    CHECK_EQ(aio_return(&s), 0);
    t_block(&r, data, page, 512, 0);
    r.aio_lio_opcode = LIO_READ;
    CHECK_EQ(lio_listio(LIO_NOWAIT, list, 1, NULL), 0);
    while (aio_error(&r) == EINPROGRESS)
        sched_yield();
    CHECK_EQ(aio_return(&r), 512);
    CHECK(aio_cancel(ends[0], &p) >= 0);
    *through = true;
    CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
    CHECK_EQ(old, PTHREAD_CANCEL_ENABLE);
    if (aio_error(&p) == EINPROGRESS) /* glibc cannot cancel it */
        CHECK_EQ(write(ends[1], "p", 1), 1);
    t_wait(&p);
    CHECK_EQ(pthread_setcancelstate(old, NULL), 0);
    pthread_testcancel();
    FAIL("the pending cancellation was lost");
    return NULL;
}

int main(void)
{
    data = t_data(4096, 0), direct = t_data(4096, O_DIRECT), file = t_file(0);
    t_pipe(ends);
    for (long n = t_scale(100); n > 0; n--) {
        pthread_t thread;
        void *result;
        bool through = false;
        CHECK_EQ(pthread_create(&thread, NULL, with_pending, &through), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        CHECK(through);
    }
    return 0;
}
