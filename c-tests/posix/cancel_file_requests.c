/* What aio_cancel(fd, NULL) says of requests on a file agrees with their statuses. */
#include "test.h"

int main(void)
{
    enum { COUNT = 128, SIZE = 65536 };
    static char out[SIZE], in[COUNT][SIZE];
    struct aiocb cb[COUNT];
    int said[3] = { 0 };
    for (int round = 0; round < 40; round++) {
        int fd = t_file(round % 2 ? O_APPEND : 0);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, i % 6 ? out : in[i], SIZE, i * SIZE);
            CHECK_OK(i % 3 ? aio_write(&cb[i]) : i % 2 ? aio_fsync(O_DSYNC, &cb[i]) : aio_read(&cb[i]));
        }
        int verdict = aio_cancel(fd, NULL), running = 0, cancelled = 0;
        for (int i = 0; i < COUNT; i++) {
            int error = aio_error(&cb[i]);
            CHECK(error == 0 || error == EINPROGRESS || error == ECANCELED);
            running += error == EINPROGRESS;
            cancelled += error == ECANCELED;
        }
        CHECK(verdict >= 0 && verdict <= 2);
        said[verdict]++;
        if (verdict == AIO_CANCELED)
            CHECK(running == 0 && cancelled > 0);
        if (verdict == AIO_ALLDONE)
            CHECK(running == 0 && cancelled == 0);
        for (int i = 0; i < COUNT; i++) {
            int error = t_wait(&cb[i]);
            CHECK(error == 0 || error == ECANCELED);
            CHECK(error == 0 || aio_return(&cb[i]) == -1);
            cancelled -= error == ECANCELED;
        }
        CHECK_EQ(cancelled, 0); /* None is cancelled later than the call says. */
        close(fd);
    }
    printf("cancelled %d, not %d, all done %d\n", said[0], said[1], said[2]);
    return 0;
}
