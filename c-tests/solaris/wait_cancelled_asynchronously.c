/* A thread of asynchronous cancel type can be cancelled in aiowait and aio_waitn; what it waited for goes on. */
/* not under: asan: its runtime runs into the marks of the frames that a cancellation unwound, without uaio, too */
#include "solaris.h"

static atomic_int waiting;

static void *waiter(void *both)
{
    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
    waiting = 1;
    if (both == NULL) {
        aiowait(NULL);
    } else {
        struct aiocb *list[1];
        unsigned n = 1;
        aio_waitn(list, 1, &n, NULL);
    }
    FAIL("the wait returned");
    return NULL;
}

int main(void)
{
    char c, d;
    int p[2], q[2];
    aio_result_t r;
    struct aiocb cb;
    t_pipe(p);
    t_pipe(q);
    s_blocked(p[0], &c, &r);
    t_read_blocked(&cb, q[0], &d, 1);
    for (long i = 0; i < 300; i++) {
        pthread_t thread;
        void *how;
        waiting = 0;
        CHECK_EQ(pthread_create(&thread, NULL, waiter, (void *)(i % 2)), 0);
        while (waiting == 0)
            sched_yield();
        for (volatile long spin = i * 7919 % 20000; spin > 0; spin--)
            ; /* any instant */
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &how), 0);
        CHECK_PTR(how, PTHREAD_CANCELED);
    }
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &r);
    CHECK_EQ(write(q[1], "x", 1), 1);
    CHECK_EQ(t_finish(&cb), 1);
    CHECK_IDLE();
    return 0;
}
