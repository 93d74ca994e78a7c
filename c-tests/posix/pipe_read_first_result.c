/* A read from a stream ends with what is there, it does not wait for the rest. */
#include "test.h"

int main(void)
{
    char got[100];
    int p[2], s[2];
    struct aiocb cb;
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    for (int i = 0; i < 100; i++) {
        int from = i % 2 ? p[0] : s[0], to = i % 2 ? p[1] : s[1];
        bool before = i % 4 < 2;
        if (before)
            t_write_all(to, "abc", 3);
        t_block(&cb, from, got, sizeof got, 0);
        CHECK_OK(aio_read(&cb));
        if (!before)
            t_write_all(to, "abc", 3);
        CHECK_EQ(t_finish(&cb), 3);
        CHECK(memcmp(got, "abc", 3) == 0);
    }
    return 0;
}
