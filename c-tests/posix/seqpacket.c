/* Message boundaries of a SOCK_SEQPACKET socket are kept by reads and writes. */
#include "test.h"

int main(void)
{
    static char out[30000], in[30000];
    int s[2];
    struct aiocb cb;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
    t_fill(out, sizeof out, 1);
    for (int size = 1; size < (int)sizeof out; size *= 3) {
        t_block(&cb, s[0], out, size, 0);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), size);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), size);
        t_block(&cb, s[1], in, sizeof in, 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), size);
        CHECK(memcmp(in, out, size) == 0);
        CHECK_EQ(recv(s[1], in, sizeof in, MSG_DONTWAIT), size);
    }
    return 0;
}
