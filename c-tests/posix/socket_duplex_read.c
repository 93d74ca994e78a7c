/* A blocked read of a socket does not hold up writes to it. */
/* glibc: fails: one request at a time per descriptor */
#include "test.h"

int main(void)
{
    char got[100], line[3];
    int s[2];
    struct aiocb reading, writing;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    t_read_blocked(&reading, s[0], got, sizeof got);
    for (int i = 0; i < 100; i++) {
        t_block(&writing, s[0], "abc", 3, 0);
        CHECK_OK(aio_write(&writing));
        CHECK_EQ(t_finish(&writing), 3);
        t_read_all(s[1], line, 3);
        CHECK_EQ(aio_error(&reading), EINPROGRESS);
    }
    t_write_all(s[1], "done", 4);
    CHECK_EQ(t_finish(&reading), 4);
    return 0;
}
