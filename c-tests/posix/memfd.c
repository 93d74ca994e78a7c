/* A file in memory: what was written is read back, also with a hole and at the end. */
#include "test.h"

int main(void)
{
    static char want[500000], got[600000];
    struct aiocb cb;
    int fd = memfd_create("test", 0);
    CHECK(fd >= 0);
    t_fill(want, sizeof want, 1);
    t_block(&cb, fd, want, sizeof want, 100000);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), sizeof want);
    memset(got, 'x', sizeof got);
    t_block(&cb, fd, got, sizeof got, 50000);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 550000);
    for (int i = 0; i < 50000; i++)
        CHECK_EQ(got[i], 0);
    CHECK(memcmp(got + 50000, want, sizeof want) == 0);
    return 0;
}
