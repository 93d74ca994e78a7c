/* aio_suspend over a list of 100000 entries, with repetitions. */
#include "test.h"

int main(void)
{
    enum { COUNT = 100000 };
    static const struct aiocb *list[COUNT];
    struct timespec timeout = { 0, 1000000 };
    int p[10][2];
    char c[10];
    struct aiocb cb[10];
    for (int i = 0; i < 10; i++) {
        t_pipe(p[i]);
        t_read_blocked(&cb[i], p[i][0], &c[i], 1);
    }
    for (int i = 0; i < COUNT; i++)
        list[i] = i % 3 ? &cb[i % 10] : NULL;
    CHECK_ERR(aio_suspend(list, COUNT, &timeout), EAGAIN);
    t_write_all(p[7][1], "x", 1);
    CHECK_OK(aio_suspend(list, COUNT, NULL));
    CHECK_EQ(aio_error(&cb[7]), 0);
    CHECK_EQ(aio_error(&cb[6]), EINPROGRESS);
    return 0;
}
