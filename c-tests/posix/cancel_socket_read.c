/* A read blocked on a stream or datagram socket is cancelled, the next one gets the data. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

int main(void)
{
    static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
    for (int i = 0; i < 60; i++) {
        int s[2];
        char buf[10];
        struct aiocb cb;
        CHECK_EQ(socketpair(AF_UNIX, types[i % 3], 0, s), 0);
        t_read_blocked(&cb, s[0], buf, sizeof buf);
        CHECK_EQ(aio_cancel(s[0], i % 2 ? &cb : NULL), AIO_CANCELED);
        CHECK_EQ(aio_error(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        t_read_blocked(&cb, s[0], buf, sizeof buf);
        t_write_all(s[1], "abc", 3);
        CHECK_EQ(t_finish(&cb), 3);
        close(s[0]);
        close(s[1]);
    }
    return 0;
}
