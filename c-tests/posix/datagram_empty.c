/* A write of no bytes on a datagram socket sends an empty datagram, which a read receives as 0. */
#include "test.h"

int main(void)
{
    char got[10];
    int s[2];
    struct aiocb cb;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
    t_block(&cb, s[0], got, 0, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    t_block(&cb, s[1], got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
