/* When the peer shuts down its receiving side, a blocked write ends with its count, as write does. */
#include "test.h"

int main(void)
{
    static char buf[4 << 20];
    char c;
    for (int i = 0; i < 40; i++) {
        int s[2];
        struct aiocb cb;
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
        t_block(&cb, s[0], buf, sizeof buf, 0);
        CHECK_OK(aio_write(&cb));
        t_read_all(s[1], &c, 1);
        CHECK_EQ(shutdown(s[1], SHUT_RD), 0);
        ssize_t n = t_finish(&cb);
        CHECK(n > 0 && n < (ssize_t)sizeof buf);
        close(s[0]);
        close(s[1]);
    }
    return 0;
}
