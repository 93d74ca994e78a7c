/* AIO_ALLDONE: nothing there, finished, failed, returned. */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    int fd = t_filled(0, 10, 1), write_only = open("/dev/null", O_WRONLY);
    CHECK_EQ(aio_cancel(fd, NULL), AIO_ALLDONE);
    t_block(&cb, fd, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), 0);
    CHECK_EQ(aio_cancel(fd, &cb), AIO_ALLDONE);
    CHECK_EQ(aio_cancel(fd, NULL), AIO_ALLDONE);
    CHECK_EQ(aio_return(&cb), 10);
    CHECK_EQ(aio_cancel(fd, &cb), AIO_ALLDONE);
    CHECK_EQ(aio_cancel(fd, NULL), AIO_ALLDONE);
    CHECK_EQ(aio_error(&cb), 0);
    t_block(&cb, write_only, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EBADF);
    CHECK_EQ(aio_cancel(write_only, &cb), AIO_ALLDONE);
    CHECK_EQ(aio_error(&cb), EBADF);
    return 0;
}
