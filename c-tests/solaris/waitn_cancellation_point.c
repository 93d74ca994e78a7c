/* aio_waitn is a cancellation point: others, and later calls, get what has finished. */
/* not under: asan: its runtime runs into the marks of the frames that a cancellation unwound, without uaio, too */
#include "solaris.h"

static void *waiter(void *arg)
{
    struct aiocb *list[4];
    unsigned n = 4;
    atomic_store((_Atomic pid_t *)arg, (pid_t)syscall(SYS_gettid));
    aio_waitn(list, 4, &n, NULL);
    return NULL;
}

int main(void)
{
    struct aiocb a, b, *list[4];
    char c, d;
    int p[2];
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        _Atomic pid_t tid = 0;
        pthread_t thread;
        void *how;
        unsigned n = 1;
        t_read_blocked(&a, p[0], &c, 1);
        t_read_blocked(&b, p[0], &d, 1);
        CHECK_EQ(pthread_create(&thread, NULL, waiter, &tid), 0);
        if (i % 2) {
            while (atomic_load(&tid) == 0)
                sched_yield();
            s_await_sleep(tid);
        }
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &how), 0);
        CHECK_PTR(how, PTHREAD_CANCELED);
        CHECK_EQ(write(p[1], "xy", 2), 2);
        for (int left = 2; left > 0; left -= (int)n) {
            n = (unsigned)left;
            CHECK_OK(aio_waitn(list, 4, &n, NULL));
            for (unsigned k = 0; k < n; k++)
                CHECK_EQ(aio_return(list[k]), 1);
        }
    }
    return 0;
}
