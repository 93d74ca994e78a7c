/* aio_waitn returns 0 early when nothing is left outstanding, though more was asked for. */
#include "solaris.h"

static struct aiocb a, b;
static int p[2];
static pid_t waiter;

static void *end(void *arg)
{
    s_await_sleep(waiter);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(t_wait(&a), 0);
    CHECK_EQ(aio_cancel(p[0], &b), AIO_CANCELED);
    return arg;
}

int main(void)
{
    struct aiocb *list[8];
    char c, d;
    t_pipe(p);
    waiter = getpid();
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        unsigned n = 5;
        t_read_blocked(&a, p[0], &c, 1);
        t_read_blocked(&b, p[0], &d, 1);
        CHECK_EQ(pthread_create(&thread, NULL, end, NULL), 0);
        CHECK_OK(aio_waitn(list, 8, &n, NULL));
        CHECK_EQ(n, 2);
        CHECK((list[0] == &a && list[1] == &b) || (list[0] == &b && list[1] == &a));
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(aio_return(&a), 1);
        CHECK_EQ(aio_return(&b), -1);
    }
    return 0;
}
