/* aio_waitn waits until the given number of requests, any of them, is finished. */
#include "solaris.h"

enum { N = 8 };

static int p[N][2];
static pid_t waiter;

static void *feeder(void *arg)
{
    s_await_sleep(waiter);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(write(p[N - 1 - 2 * i][1], "x", 1), 1);
    return arg;
}

int main(void)
{
    struct aiocb cb[N], *list[N];
    char c[N];
    waiter = getpid();
    for (int round = 0; round < 50; round++) {
        pthread_t thread;
        unsigned n = 3;
        for (int i = 0; i < N; i++) {
            t_pipe(p[i]);
            t_read_blocked(&cb[i], p[i][0], &c[i], 1);
        }
        CHECK_EQ(pthread_create(&thread, NULL, feeder, NULL), 0);
        CHECK_OK(aio_waitn(list, N, &n, NULL));
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(n, 3);
        for (unsigned i = 0; i < n; i++) {
            long which = list[i] - cb;
            CHECK(which == N - 1 || which == N - 3 || which == N - 5);
            CHECK_EQ(aio_return(list[i]), 1);
        }
        for (int i = 0; i < N; i++)
            close(p[i][0]), close(p[i][1]);
        /* the others end with ECANCELED, which is an end */
        n = N;
        CHECK_OK(aio_waitn(list, N, &n, NULL));
        CHECK_EQ(n, N - 3);
        for (unsigned i = 0; i < n; i++) {
            CHECK_EQ(aio_error(list[i]), ECANCELED);
            CHECK_EQ(aio_return(list[i]), -1);
        }
    }
    return 0;
}
