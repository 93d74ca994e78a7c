/* A sync reports the error of a write that was queued when it was called. */
/* glibc: fails: errors of writes are not passed on */
/* not under: memcheck: the error comes from a bad buffer */
#include "test.h"

/* O_APPEND queues the writes, so that the bad one is still waiting when the sync is called. */
int main(void)
{
    enum { COUNT = 24, SIZE = 1 << 18 };
    static char buf[SIZE];
    struct aiocb cb[COUNT], bad, sync;
    int fd = t_file(O_APPEND);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf, SIZE, 0);
            CHECK_OK(aio_write(&cb[i]));
        }
        t_block(&bad, fd, NULL, SIZE, 0);
        CHECK_OK(aio_write(&bad));
        t_block(&sync, fd, NULL, 0, 0);
        CHECK_OK(aio_fsync(O_SYNC, &sync));
        bool was_queued = aio_error(&bad) == EINPROGRESS;
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK_EQ(t_wait(&bad), EFAULT);
        int error = t_wait(&sync);
        if (was_queued) {
            CHECK_EQ(error, EFAULT);
            CHECK_EQ(aio_return(&sync), -1);
            return 0;
        }
        CHECK_EQ(ftruncate(fd, 0), 0);
    }
    SKIP("no write was ever still queued");
}
