/* Zero bytes on a bad descriptor are EBADF by aio_error, as read and write say. */
#include "test.h"

int main(void)
{
    struct aiocb cb;
    int fd = open("/dev/null", O_RDONLY);
    CHECK(fd >= 0);
    t_block(&cb, -1, NULL, 0, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EBADF);
    t_block(&cb, fd, NULL, 0, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), EBADF);
    return 0;
}
