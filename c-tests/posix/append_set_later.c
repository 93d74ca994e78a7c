/* O_APPEND set with fcntl after the first request counts for the next one. */
#include "test.h"

int main(void)
{
    char got[8];
    struct aiocb cb;
    int fd = t_file(0);
    t_block(&cb, fd, "aaaa", 4, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
    t_block(&cb, fd, "bbbb", 4, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    CHECK_EQ(pread(fd, got, 8, 0), 8);
    CHECK(memcmp(got, "aaaabbbb", 8) == 0);
    CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
    t_block(&cb, fd, "cc", 2, 1);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 2);
    CHECK_EQ(pread(fd, got, 8, 0), 8);
    CHECK(memcmp(got, "accabbbb", 8) == 0);
    return 0;
}
