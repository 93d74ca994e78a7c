/* Reading a directory: EISDIR by aio_error. */
#include "test.h"

int main(void)
{
    char buf[512];
    struct aiocb cb;
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    CHECK(fd >= 0);
    t_block(&cb, fd, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EISDIR);
    CHECK_EQ(aio_return(&cb), -1);
    return 0;
}
