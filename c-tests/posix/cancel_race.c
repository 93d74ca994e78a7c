/* A cancel that races the arrival of data: exactly one outcome, one notification, no byte lost. */
#include "test.h"

static int p[2];
static atomic_int turn;

static void *write_one(void *arg)
{
    for (int i = 1; i <= 3000; i++) {
        while (turn != i)
            ;
        t_write_all(p[1], "x", 1);
    }
    return arg;
}

int main(void)
{
    struct aiocb cb;
    pthread_t writer;
    int cancelled = 0;
    t_block_signals();
    t_pipe(p);
    CHECK_EQ(pthread_create(&writer, NULL, write_one, NULL), 0);
    for (int i = 1; i <= 3000; i++) {
        char c = 'u';
        t_block(&cb, p[0], &c, 1, 0);
        t_sigev_signal(&cb, SIGRTMIN, i);
        CHECK_OK(aio_read(&cb));
        turn = i;
        for (volatile int spin = i % 100 * 20; spin > 0;)
            spin--;
        int verdict = aio_cancel(p[0], &cb);
        if (verdict == AIO_CANCELED)
            CHECK_EQ(aio_error(&cb), ECANCELED);
        CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, i);
        int error = t_wait(&cb);
        ssize_t n = aio_return(&cb);
        if (error == ECANCELED) {
            CHECK_EQ(n, -1);
            CHECK_EQ(c, 'u');
            t_read_all(p[0], &c, 1);
            cancelled++;
        } else {
            CHECK_EQ(error, 0);
            CHECK_EQ(n, 1);
        }
        CHECK_EQ(c, 'x');
    }
    t_no_signal();
    printf("%d of 3000 cancelled\n", cancelled);
    return 0;
}
