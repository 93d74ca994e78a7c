/* O_NONBLOCK means nothing on a regular file. */
#include "test.h"

int main(void)
{
    static char want[1 << 20], got[1 << 20];
    struct aiocb cb;
    int fd = t_file(O_NONBLOCK);
    t_fill(want, sizeof want, 1);
    t_block(&cb, fd, want, sizeof want, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), sizeof want);
    t_block(&cb, fd, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), sizeof got);
    CHECK(memcmp(got, want, sizeof got) == 0);
    return 0;
}
