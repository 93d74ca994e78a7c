/* A write of 4 MiB to a stream socket goes on until everything is written. */
#include "test.h"

int main(void)
{
    enum { SIZE = 4 << 20 };
    static char want[SIZE], got[SIZE];
    int s[2];
    struct aiocb cb;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    t_fill(want, SIZE, 1);
    t_block(&cb, s[1], want, SIZE, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_read_all(s[0], got, SIZE);
    CHECK_EQ(t_finish(&cb), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
