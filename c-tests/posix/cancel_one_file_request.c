/* What aio_cancel(fd, block) says agrees with that request's status, and it is notified once. */
/* glibc: may fail: a queued request is forgotten when the one before it is cancelled */
#include "test.h"

int main(void)
{
    enum { COUNT = 20, SIZE = 65536 };
    static char buf[SIZE];
    struct aiocb cb[COUNT];
    t_block_signals();
    for (int round = 0; round < 100; round++) {
        int fd = t_file(round % 2 ? O_APPEND : 0), calls[COUNT] = { 0 };
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf, SIZE, i * SIZE);
            t_sigev_signal(&cb[i], SIGRTMIN, i);
            CHECK_OK(i == COUNT - 1 ? aio_fsync(O_DSYNC, &cb[i]) : aio_write(&cb[i]));
        }
        for (int i = COUNT - 1; i >= 0; i -= 3) {
            int verdict = aio_cancel(fd, &cb[i]);
            int error = aio_error(&cb[i]);
            if (verdict == AIO_CANCELED)
                CHECK_EQ(error, ECANCELED);
            else if (verdict == AIO_ALLDONE)
                CHECK_EQ(error, 0);
            else
                CHECK(verdict == AIO_NOTCANCELED && (error == EINPROGRESS || error == 0));
        }
        for (int i = 0; i < COUNT; i++)
            calls[t_take_signal(SIGRTMIN).si_value.sival_int]++;
        for (int i = 0; i < COUNT; i++) {
            CHECK_EQ(calls[i], 1);
            CHECK(aio_error(&cb[i]) == 0 || aio_error(&cb[i]) == ECANCELED);
        }
        close(fd);
    }
    t_no_signal();
    return 0;
}
