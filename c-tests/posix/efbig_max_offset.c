/* A write beyond the largest file: EFBIG by aio_error; a read there: 0. */
#include "test.h"

int main(void)
{
    char buf[4096] = "x";
    struct aiocb cb;
    int fd = t_file(0);
    off_t offset = INT64_MAX - 8192;
    CHECK_ERR(pwrite(fd, buf, sizeof buf, offset), EFBIG);
    t_block(&cb, fd, buf, sizeof buf, offset);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), EFBIG);
    CHECK_EQ(aio_return(&cb), -1);
    CHECK_EQ(pread(fd, buf, sizeof buf, offset), 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
