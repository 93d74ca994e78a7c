/* aio_cancel(fd, NULL) cancels the blocked read and all that are queued behind it. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

int main(void)
{
    enum { COUNT = 100 };
    int p[2], q[2];
    char c[COUNT], d;
    struct aiocb cb[COUNT], other;
    t_pipe(p);
    t_pipe(q);
    t_read_blocked(&other, q[0], &d, 1);
    for (int i = 0; i < COUNT; i++)
        t_read_blocked(&cb[i], p[0], &c[i], 1);
    CHECK_EQ(aio_cancel(p[0], NULL), AIO_CANCELED);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(aio_error(&cb[i]), ECANCELED);
        CHECK_EQ(aio_return(&cb[i]), -1);
    }
    CHECK_EQ(aio_cancel(p[0], NULL), AIO_ALLDONE);
    CHECK_EQ(aio_error(&other), EINPROGRESS);
    return 0;
}
