/* Completions never interrupt the application's recv on a socket with SO_RCVTIMEO. */
#include "eintr.h"

int main(void)
{
    int s[2];
    char c;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    struct timeval tv = { 0, 1000 };
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0);
    EINTR_TEST(200, recv(s[0], &c, 1, 0));
    return 0;
}
