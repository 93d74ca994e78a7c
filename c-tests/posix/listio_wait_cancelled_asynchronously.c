/* A thread of cancel type asynchronous can be cancelled in LIO_WAIT; the list goes on. */
/* glibc: may fail: pointers into the dead frame of the call are left */
#include "test.h"

static struct aiocb cb;

static void *wait_for_it(void *arg)
{
    struct aiocb *list[] = { &cb };
    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
    lio_listio(LIO_WAIT, list, 1, NULL);
    FAIL("lio_listio returned");
    return arg;
}

static __attribute__((noinline)) void overwrite_stack(void)
{
    volatile unsigned char waste[16384];
    for (size_t i = 0; i < sizeof waste; i++)
        waste[i] = 0x5a;
}

int main(void)
{
    int p[2];
    char c;
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        void *result;
        memset(&cb, 0, sizeof cb);
        t_block(&cb, p[0], &c, 1, 0);
        cb.__error_code = 0; /* what is waited for below has not been so before */
        cb.aio_lio_opcode = LIO_READ;
        CHECK_EQ(pthread_create(&thread, NULL, wait_for_it, NULL), 0);
        while (aio_error(&cb) != EINPROGRESS)
            sched_yield();
        if (i % 2)
            usleep(500);
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        overwrite_stack();
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        t_write_all(p[1], "x", 1);
        CHECK_EQ(t_finish(&cb), 1);
    }
    return 0;
}
