/* A read from a pipe or socket whose other end is closed, before or meanwhile, gives 0. */
#include "test.h"

static void eof(int from, int to, bool before)
{
    char got[100];
    struct aiocb cb;
    if (before)
        close(to);
    t_block(&cb, from, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    if (!before)
        close(to);
    CHECK_EQ(t_finish(&cb), 0);
    close(from);
}

int main(void)
{
    for (int i = 0; i < 20; i++) {
        int p[2], s[2];
        t_pipe(p);
        eof(p[0], p[1], i % 2);
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
        eof(s[0], s[1], i % 2);
    }
    return 0;
}
