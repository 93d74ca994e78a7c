/* close with a read blocked on a socket cancels it, and the peer sees the end of the connection at once. */
/* glibc: fails: the blocked read keeps the socket open */
#include "test.h"

int main(void)
{
    for (long n = t_scale(100); n > 0; n--) {
        struct aiocb cb, fresh;
        int s[2], t[2];
        char c, d;
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
        t_read_blocked(&cb, s[0], &c, 1);
        CHECK_EQ(close(s[0]), 0);
        struct pollfd p = { s[1], POLLIN, 0 };
        CHECK_EQ(poll(&p, 1, 10000), 1);
        CHECK_EQ(recv(s[1], &d, 1, 0), 0);
        CHECK_EQ(t_wait(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        /* the number, used again for the next connection, is free of the former one */
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, t), 0);
        CHECK_EQ(t[0], s[0]);
        t_read_blocked(&fresh, t[0], &c, 1);
        CHECK_EQ(send(t[1], "k", 1, 0), 1);
        CHECK_EQ(t_finish(&fresh), 1);
        CHECK_EQ(c, 'k');
        close(s[1]);
        close(t[0]);
        close(t[1]);
    }
    return 0;
}
