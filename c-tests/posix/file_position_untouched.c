/* The file position is neither used nor moved. */
#include "test.h"

int main(void)
{
    char want[1000], got[1000];
    struct aiocb cb;
    int fd = t_filled(0, 10000, 1);
    CHECK_EQ(pread(fd, want, sizeof want, 5000), sizeof want);
    CHECK_EQ(lseek(fd, 123, SEEK_SET), 123);
    t_block(&cb, fd, got, sizeof got, 5000);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), sizeof got);
    CHECK(memcmp(got, want, sizeof got) == 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 123);
    t_block(&cb, fd, got, sizeof got, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), sizeof got);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 123);
    CHECK_EQ(pread(fd, got, sizeof got, 0), sizeof got);
    CHECK(memcmp(got, want, sizeof got) == 0);
    return 0;
}
