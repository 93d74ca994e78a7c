/* A write to a pipe without a reader: EPIPE by aio_error, and SIGPIPE does not kill the program. */
#include "test.h"

int main(void)
{
    int p[2], s[2];
    struct aiocb cb;
    t_pipe(p);
    close(p[0]);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    close(s[0]);
    for (int i = 0; i < 20; i++) {
        t_block(&cb, i % 2 ? p[1] : s[1], "abc", 3, 0);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_wait(&cb), EPIPE);
        CHECK_EQ(aio_return(&cb), -1);
    }
    return 0;
}
