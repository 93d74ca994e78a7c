/* With O_NONBLOCK a write to a stream socket is one attempt: short, then EAGAIN. */
#include "test.h"

int main(void)
{
    static char buf[16 << 20];
    int s[2];
    struct aiocb cb;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
    t_block(&cb, s[1], buf, sizeof buf, 0);
    CHECK_OK(aio_write(&cb));
    ssize_t n = t_finish(&cb);
    CHECK(n > 0 && n < (ssize_t)sizeof buf);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), EAGAIN);
    return 0;
}
