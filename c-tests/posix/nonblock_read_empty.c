/* With O_NONBLOCK a read from an empty stream is one attempt: EAGAIN by aio_error. */
#include "test.h"

int main(void)
{
    char got[10];
    int p[2], s[2];
    struct aiocb cb;
    CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
    for (int i = 0; i < 10; i++) {
        t_block(&cb, i % 2 ? p[0] : s[0], got, sizeof got, 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_wait(&cb), EAGAIN);
        CHECK_EQ(aio_return(&cb), -1);
        t_write_all(i % 2 ? p[1] : s[1], "abc", 3);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 3);
    }
    return 0;
}
