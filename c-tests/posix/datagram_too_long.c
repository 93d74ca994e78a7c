/* A datagram that is too long: EMSGSIZE by aio_error, nothing is sent. */
#include "test.h"

int main(void)
{
    int s[2], room = 4608;
    char *big = calloc(1, 4 << 20);
    char got[10];
    struct aiocb cb;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    t_block(&cb, s[0], big, 4 << 20, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), EMSGSIZE);
    CHECK_EQ(recv(s[1], got, sizeof got, MSG_DONTWAIT), -1);
    CHECK_EQ(errno, EAGAIN);
    return 0;
}
