/* Writes queued behind one that has begun are cancelled, the begun one is not: AIO_NOTCANCELED. */
#include "test.h"

int main(void)
{
    enum { SIZE = 1 << 20, COUNT = 10 };
    static char want[SIZE], got[SIZE];
    int p[2];
    struct aiocb first, cb[COUNT];
    t_pipe(p);
    t_fill(want, SIZE, 1);
    t_block(&first, p[1], want, SIZE, 0);
    CHECK_OK(aio_write(&first));
    t_read_all(p[0], got, 1);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], p[1], "never", 5, 0);
        CHECK_OK(aio_write(&cb[i]));
    }
    CHECK_EQ(aio_cancel(p[1], &cb[4]), AIO_CANCELED);
    CHECK_EQ(aio_error(&cb[4]), ECANCELED);
    CHECK_EQ(aio_cancel(p[1], NULL), AIO_NOTCANCELED);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(aio_error(&cb[i]), ECANCELED);
    CHECK_EQ(aio_error(&first), EINPROGRESS);
    t_read_all(p[0], got + 1, SIZE - 1);
    CHECK_EQ(t_finish(&first), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    CHECK_EQ(poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, 0), 0);
    return 0;
}
