/* When aio_fsync has finished, what was written before it is on the disk, with O_SYNC and with O_DSYNC. */
#include "dirty.h"

int main(void)
{
    enum { COUNT = 32, SIZE = 65536 };
    static char bytes[SIZE];
    struct aiocb cb[COUNT], sync;
    d_can_tell();
    for (int round = 0; round < 20; round++) {
        int fd = t_file(0);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, bytes, SIZE, i * SIZE);
            CHECK_OK(aio_write(&cb[i]));
        }
        t_block(&sync, fd, NULL, 0, 0);
        CHECK_OK(aio_fsync(round % 2 ? O_SYNC : O_DSYNC, &sync));
        CHECK_EQ(t_finish(&sync), 0);
        CHECK_EQ(d_dirty(fd), 0);
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        close(fd);
    }
    return 0;
}
