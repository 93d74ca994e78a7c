/* shutdown ends a blocked read with 0 and a blocked write with its count. */
#include "test.h"

int main(void)
{
    static char buf[4 << 20];
    char c;
    for (int i = 0; i < 40; i++) {
        int s[2];
        struct aiocb cb;
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
        t_read_blocked(&cb, s[0], &c, 1);
        CHECK_EQ(shutdown(i % 2 ? s[0] : s[1], i % 2 ? SHUT_RD : SHUT_WR), 0);
        CHECK_EQ(t_finish(&cb), 0);
        close(s[0]);
        close(s[1]);
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
        t_block(&cb, s[0], buf, sizeof buf, 0);
        CHECK_OK(aio_write(&cb));
        t_read_all(s[1], &c, 1);
        CHECK_EQ(shutdown(s[1], SHUT_RDWR), 0);
        ssize_t n = t_finish(&cb);
        CHECK(n > 0 && n < (ssize_t)sizeof buf);
        close(s[0]);
        close(s[1]);
    }
    return 0;
}
