/* aio_cancel never waits for a disk: on a file that does not answer it says at once what it did, and that is true. */
#include "slow.h"

enum { COUNT = 32, SIZE = 4096 };

int main(void)
{
    s_mount();
    int fd = s_open(0);
    unsigned char *buf = t_pages(COUNT * SIZE, 0);
    for (long n = t_scale(10); n > 0; n--) {
        struct aiocb cb[COUNT];
        int verdict[COUNT];
        long before = atomic_load(&slow->reads);
        memset(buf, 0, COUNT * SIZE);
        s_hold(S_SIZE);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        s_arrived(&slow->reads, before + 1);
        for (int i = COUNT - 1; i >= 0; i--) {
            verdict[i] = aio_cancel(fd, &cb[i]);
            CHECK(verdict[i] == AIO_CANCELED || verdict[i] == AIO_NOTCANCELED);
            CHECK_EQ(aio_error(&cb[i]), verdict[i] == AIO_CANCELED ? ECANCELED : EINPROGRESS);
        }
        int all = aio_cancel(fd, NULL), left = 0;
        for (int i = 0; i < COUNT; i++)
            left += verdict[i] == AIO_NOTCANCELED;
        CHECK_EQ(all, left > 0 ? AIO_NOTCANCELED : AIO_ALLDONE);
        s_hold(0);
        for (int i = 0; i < COUNT; i++) {
            int error = t_wait(&cb[i]);
            if (verdict[i] == AIO_CANCELED) {
                CHECK_EQ(error, ECANCELED);
                CHECK_EQ(aio_return(&cb[i]), -1);
            } else {
                CHECK_EQ(error, 0);
                CHECK_EQ(aio_return(&cb[i]), SIZE);
                CHECK(t_same(buf + i * SIZE, SIZE, i * SIZE, 0));
            }
        }
    }
    close(fd);
    s_unmount();
    return 0;
}
