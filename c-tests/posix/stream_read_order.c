/* Reads of a pipe or socket get the bytes in call order. */
#include "test.h"

static void in_order(int from, int to)
{
    enum { COUNT = 100 };
    char got[COUNT], want[COUNT];
    struct aiocb cb[COUNT];
    for (int i = 0; i < COUNT; i++) {
        want[i] = (char)i;
        t_read_blocked(&cb[i], from, &got[i], 1);
    }
    t_write_all(to, want, COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), 1);
    CHECK(memcmp(got, want, COUNT) == 0);
}

int main(void)
{
    int p[2], s[2];
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    for (int i = 0; i < 10; i++) {
        in_order(p[0], p[1]);
        in_order(s[0], s[1]);
    }
    return 0;
}
