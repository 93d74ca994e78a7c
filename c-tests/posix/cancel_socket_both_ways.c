/* On a socket the blocked read is cancelled though the begun write is not: AIO_NOTCANCELED. */
/* glibc: fails: one request at a time per descriptor */
#include "test.h"

int main(void)
{
    enum { SIZE = 4 << 20 };
    static char want[SIZE], got[SIZE];
    int s[2];
    char c;
    struct aiocb reading, writing;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    t_read_blocked(&reading, s[0], &c, 1);
    t_fill(want, SIZE, 1);
    t_block(&writing, s[0], want, SIZE, 0);
    CHECK_OK(aio_write(&writing));
    t_read_all(s[1], got, 1);
    CHECK_EQ(aio_cancel(s[0], NULL), AIO_NOTCANCELED);
    CHECK_EQ(aio_error(&reading), ECANCELED);
    CHECK_EQ(aio_error(&writing), EINPROGRESS);
    t_read_all(s[1], got + 1, SIZE - 1);
    CHECK_EQ(t_finish(&writing), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
