/* When the first of several reads is cancelled the next takes its place. */
/* glibc: fails: a blocked read cannot be cancelled */
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
    for (int i = 0; i < COUNT - 1; i++) {
        CHECK_EQ(aio_cancel(p[0], &cb[i]), AIO_CANCELED);
        CHECK_EQ(aio_error(&cb[i]), ECANCELED);
    }
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb[COUNT - 1]), 1);
    CHECK_EQ(c[COUNT - 1], 'x');
    return 0;
}
