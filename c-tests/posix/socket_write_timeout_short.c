/* A write that SO_SNDTIMEO ends in mid-way gives the count, as write(2) does, and no second period is waited. */
/* timeout: 10 */
#include "test.h"
#include <sys/time.h>

enum { SIZE = 8 << 20 };

int main(void)
{
    static char buf[SIZE];
    struct timeval soon = { 0, 400000 };
    struct aiocb cb;
    int s[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon), 0);
    t_block(&cb, s[0], buf, sizeof buf, 0);
    double began = t_now();
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), 0);
    ssize_t sent = aio_return(&cb);
    CHECK(sent > 0 && sent < SIZE);
    CHECK(t_now() - began < 0.75);
    return 0;
}
