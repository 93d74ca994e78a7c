/* A zeroed control block asks for signal 0: it neither fails nor signals. */
#include "test.h"

int main(void)
{
    char buf[16] = "x";
    t_block_signals();
    int fd = t_filled(0, sizeof buf, 1);
    for (int i = 0; i < 100; i++) {
        struct aiocb cb;
        memset(&cb, 0, sizeof cb);
        cb.aio_fildes = fd;
        cb.aio_buf = buf;
        cb.aio_nbytes = sizeof buf;
        CHECK_OK(i % 2 ? aio_read(&cb) : aio_write(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
        CHECK_OK(aio_fsync(O_SYNC, &cb));
        CHECK_EQ(t_finish(&cb), 0);
    }
    t_no_signal();
    return 0;
}
