/* After its number was given to another file a request is not reached by aio_cancel of that number. */
/* glibc: fails: it knows only the number */
#include "test.h"

int main(void)
{
    enum { SIZE = 1 << 20 };
    static char want[SIZE], got[SIZE];
    int p[2], q[2];
    char c;
    struct aiocb old, new;
    t_pipe(p);
    t_pipe(q);
    t_fill(want, SIZE, 1);
    t_block(&old, p[1], want, SIZE, 0);
    CHECK_OK(aio_write(&old));
    t_read_all(p[0], got, 1);
    CHECK_EQ(dup2(q[0], p[1]), p[1]);
    CHECK_EQ(aio_cancel(p[1], NULL), AIO_ALLDONE);
    t_read_blocked(&new, p[1], &c, 1);
    CHECK_EQ(aio_cancel(p[1], NULL), AIO_CANCELED);
    CHECK_EQ(aio_error(&new), ECANCELED);
    CHECK(aio_cancel(p[1], &old) != AIO_CANCELED);
    CHECK_EQ(aio_error(&old), EINPROGRESS);
    t_read_all(p[0], got + 1, SIZE - 1);
    CHECK_EQ(t_finish(&old), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
