/* A covered write that is cancelled neither fails nor holds up the sync. */
/* glibc: may fail: a queued request is forgotten when the one before it is cancelled */
#include "test.h"

int main(void)
{
    enum { COUNT = 24, SIZE = 1 << 18 };
    static char buf[SIZE];
    struct aiocb cb[COUNT], sync;
    int fd = t_file(O_APPEND);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf, SIZE, 0);
            CHECK_OK(aio_write(&cb[i]));
        }
        t_block(&sync, fd, NULL, 0, 0);
        CHECK_OK(aio_fsync(O_DSYNC, &sync));
        for (int i = COUNT - 1; i > 0; i--)
            aio_cancel(fd, &cb[i]);
        CHECK_EQ(t_finish(&sync), 0);
        for (int i = 0; i < COUNT; i++)
            CHECK(t_wait(&cb[i]) == 0 || aio_error(&cb[i]) == ECANCELED);
        CHECK_EQ(ftruncate(fd, 0), 0);
    }
    return 0;
}
