/* Only aio_fildes and aio_sigevent of the block count for aio_fsync. */
#include "test.h"

int main(void)
{
    int fd = t_file(0);
    struct aiocb cb;
    memset(&cb, 0xff, sizeof cb);
    cb.aio_fildes = fd;
    cb.aio_sigevent.sigev_notify = SIGEV_NONE;
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
    memset(&cb, 0x7f, sizeof cb);
    cb.aio_fildes = fd;
    cb.aio_sigevent.sigev_notify = SIGEV_NONE;
    CHECK_OK(aio_fsync(O_DSYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
