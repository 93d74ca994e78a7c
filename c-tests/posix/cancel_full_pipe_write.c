/* A write waiting for room in a pipe is either cancelled and leaves nothing, or goes on. */
#include "test.h"

int main(void)
{
    static char fill[1 << 20], in[1 << 20];
    for (int round = 0; round < 20; round++) {
        int p[2];
        struct aiocb cb;
        t_pipe(p);
        int size = fcntl(p[1], F_GETPIPE_SZ);
        t_write_all(p[1], fill, size);
        t_block(&cb, p[1], "wanted", 6, 0);
        CHECK_OK(aio_write(&cb));
        if (round % 2)
            usleep(5000);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        int verdict = aio_cancel(p[1], round % 4 < 2 ? &cb : NULL);
        CHECK(verdict == AIO_CANCELED || verdict == AIO_NOTCANCELED);
        CHECK_EQ(aio_error(&cb), verdict == AIO_CANCELED ? ECANCELED : EINPROGRESS);
        t_read_all(p[0], in, size);
        if (verdict == AIO_NOTCANCELED) {
            CHECK_EQ(t_finish(&cb), 6);
            t_read_all(p[0], in, 6);
            CHECK(memcmp(in, "wanted", 6) == 0);
        } else {
            usleep(2000);
            CHECK_EQ(poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, 0), 0);
        }
        close(p[0]);
        close(p[1]);
    }
    return 0;
}
