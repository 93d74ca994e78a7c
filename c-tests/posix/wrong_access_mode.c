/* Reading what is open for writing only, and the reverse: EBADF by aio_error; O_PATH: both. */
#include "test.h"

static void ebadf(int (*submit)(struct aiocb *), int fd)
{
    char buf[16] = "x";
    struct aiocb cb;
    CHECK(fd >= 0);
    t_block(&cb, fd, buf, sizeof buf, 0);
    CHECK_OK(submit(&cb));
    CHECK_EQ(t_wait(&cb), EBADF);
    CHECK_EQ(aio_return(&cb), -1);
}

int main(void)
{
    int p[2];
    close(open("file", O_CREAT | O_RDWR, 0600));
    ebadf(aio_write, open("file", O_RDONLY));
    ebadf(aio_read, open("file", O_WRONLY));
    ebadf(aio_read, open("file", O_WRONLY | O_APPEND));
    ebadf(aio_read, open("file", O_PATH));
    ebadf(aio_write, open("file", O_PATH));
    t_pipe(p);
    ebadf(aio_read, p[1]);
    ebadf(aio_write, p[0]);
    return 0;
}
