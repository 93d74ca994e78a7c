/* Streams ignore the offset: never ESPIPE. */
#include "test.h"

static void through(int from, int to, off_t offset)
{
    char got[4];
    struct aiocb cb;
    t_block(&cb, to, "abc", 4, offset);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    t_block(&cb, from, got, sizeof got, offset);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    CHECK(memcmp(got, "abc", 4) == 0);
}

int main(void)
{
    static const off_t offsets[] = { 0, 1, 4096, (off_t)1 << 40, INT64_MAX };
    int p[2], s[2];
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    for (int i = 0; i < 5; i++) {
        through(p[0], p[1], offsets[i]);
        through(s[0], s[1], offsets[i]);
    }
    return 0;
}
