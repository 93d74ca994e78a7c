/* A timeout of less than nothing is over: aio_suspend fails at once, with EAGAIN or EINVAL. */
#include "test.h"

int main(void)
{
    static const struct timespec past[] = { { -1, 0 }, { -1, 999999999 }, { LONG_MIN, 0 }, { -86400, 500 } };
    int p[2];
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (int i = 0; i < 4; i++) {
        errno = 0;
        CHECK_EQ(aio_suspend(list, 1, &past[i]), -1);
        CHECK(errno == EAGAIN || errno == EINVAL);
    }
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    return 0;
}
