/* A blocked write to a socket does not hold up reads of it. */
/* glibc: fails: one request at a time per descriptor */
#include "test.h"

int main(void)
{
    enum { SIZE = 4 << 20 };
    static char big[SIZE], back[SIZE];
    char got[3];
    int s[2];
    struct aiocb reading, writing;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    t_fill(big, SIZE, 1);
    t_block(&writing, s[0], big, SIZE, 0);
    CHECK_OK(aio_write(&writing));
    for (int i = 0; i < 100; i++) {
        t_write_all(s[1], "abc", 3);
        t_block(&reading, s[0], got, sizeof got, 0);
        CHECK_OK(aio_read(&reading));
        CHECK_EQ(t_finish(&reading), 3);
        CHECK_EQ(aio_error(&writing), EINPROGRESS);
    }
    t_read_all(s[1], back, SIZE);
    CHECK_EQ(t_finish(&writing), SIZE);
    CHECK(memcmp(back, big, SIZE) == 0);
    return 0;
}
