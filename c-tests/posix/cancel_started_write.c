/* A write on a pipe of which part is out cannot be cancelled: it stays in progress and is completed. */
#include "test.h"

int main(void)
{
    enum { SIZE = 1 << 20 };
    static char want[SIZE], got[SIZE];
    int p[2];
    struct aiocb cb;
    t_pipe(p);
    t_fill(want, SIZE, 1);
    t_block(&cb, p[1], want, SIZE, 0);
    CHECK_OK(aio_write(&cb));
    t_read_all(p[0], got, 1);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(aio_cancel(p[1], &cb), AIO_NOTCANCELED);
        CHECK_EQ(aio_cancel(p[1], NULL), AIO_NOTCANCELED);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
    }
    t_read_all(p[0], got + 1, SIZE - 1);
    CHECK_EQ(t_finish(&cb), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
