/* O_DIRECT: a read across an unaligned end of file gives what is there, beyond it 0. */
#include "test.h"

int main(void)
{
    enum { SIZE = 10000 };
    struct aiocb cb;
    char want[SIZE];
    int fd = t_file(O_DIRECT);
    char *got = aligned_alloc(4096, 65536);
    t_fill(want, SIZE, 1);
    CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
    CHECK_EQ(pwrite(fd, want, SIZE, 0), SIZE);
    CHECK_EQ(fcntl(fd, F_SETFL, O_DIRECT), 0);
    t_block(&cb, fd, got, 65536, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    t_block(&cb, fd, got, 65536, 12288);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
