/* A read queued behind another is cancelled alone; the others get the data in order. */
#include "test.h"

int main(void)
{
    enum { COUNT = 20 };
    int p[2];
    char c[COUNT];
    struct aiocb cb[COUNT];
    t_pipe(p);
    for (int i = 0; i < COUNT; i++)
        t_read_blocked(&cb[i], p[0], &c[i], 1);
    for (int i = 3; i < COUNT; i += 5) {
        CHECK_EQ(aio_cancel(p[0], &cb[i]), AIO_CANCELED);
        CHECK_EQ(aio_error(&cb[i]), ECANCELED);
        CHECK_EQ(aio_return(&cb[i]), -1);
    }
    char next = 'a';
    for (int i = 0; i < COUNT; i++) {
        if (i % 5 == 3)
            continue;
        CHECK_EQ(aio_error(&cb[i]), EINPROGRESS);
        t_write_all(p[1], &next, 1);
        CHECK_EQ(t_finish(&cb[i]), 1);
        CHECK_EQ(c[i], next++);
    }
    return 0;
}
