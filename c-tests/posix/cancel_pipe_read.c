/* A read blocked on a pipe is cancelled: the status is final at once, the bytes stay in the pipe. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[4], got[4];
    struct aiocb cb;
    t_pipe(p);
    for (int i = 0; i < 200; i++) {
        memset(buf, 'u', sizeof buf);
        t_read_blocked(&cb, p[0], buf, sizeof buf);
        CHECK_EQ(aio_cancel(p[0], i % 2 ? &cb : NULL), AIO_CANCELED);
        CHECK_EQ(aio_error(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        CHECK_EQ(aio_cancel(p[0], &cb), AIO_ALLDONE);
        t_write_all(p[1], "abcd", 4);
        t_read_all(p[0], got, 4);
        CHECK(memcmp(got, "abcd", 4) == 0);
        CHECK(memcmp(buf, "uuuu", 4) == 0);
    }
    t_read_blocked(&cb, p[0], buf, sizeof buf);
    t_write_all(p[1], "abcd", 4);
    CHECK_EQ(t_finish(&cb), 4);
    return 0;
}
