/* When a sync has finished, every request on the file that was accepted before it has too. */
#include "test.h"

int main(void)
{
    enum { COUNT = 64, SIZE = 16384 };
    static char buf[COUNT][SIZE];
    struct aiocb cb[COUNT], sync;
    int fd = t_file(0);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf[i], SIZE, i * SIZE);
            CHECK_OK(i % 5 ? aio_write(&cb[i]) : aio_read(&cb[i]));
        }
        t_block(&sync, fd, NULL, 0, 0);
        CHECK_OK(aio_fsync(round % 2 ? O_SYNC : O_DSYNC, &sync));
        while (aio_error(&sync) == EINPROGRESS)
            ;
        for (int i = 0; i < COUNT; i++)
            CHECK(aio_error(&cb[i]) != EINPROGRESS);
        CHECK_EQ(aio_return(&sync), 0);
    }
    return 0;
}
