/* With O_NONBLOCK a write to a pipe is one attempt: short when it fills up, EAGAIN when full. */
#include "test.h"

int main(void)
{
    static char buf[1 << 20];
    int p[2];
    struct aiocb cb;
    CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
    t_block(&cb, p[1], buf, sizeof buf, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), fcntl(p[1], F_GETPIPE_SZ));
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), EAGAIN);
    CHECK_EQ(aio_return(&cb), -1);
    return 0;
}
