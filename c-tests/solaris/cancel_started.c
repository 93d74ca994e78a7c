/* A write that has begun cannot be cancelled: EACCES, and it ends as it would have. */
#include "solaris.h"

enum { SIZE = 1 << 20 };

int main(void)
{
    static char out[SIZE], in[SIZE];
    int p[2];
    aio_result_t r;
    t_pipe(p);
    t_fill(out, SIZE, 3);
    s_polled(&r);
    CHECK_OK(aiowrite(p[1], out, SIZE, 0, SEEK_SET, &r));
    struct pollfd ready = { p[0], POLLIN, 0 };
    CHECK_EQ(poll(&ready, 1, -1), 1);
    CHECK_ERR(aiocancel(&r), EACCES);
    CHECK_EQ(s_seen(&r), AIO_INPROGRESS);
    t_read_all(p[0], in, SIZE);
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, SIZE, 0);
    CHECK_EQ(memcmp(in, out, SIZE), 0);
    return 0;
}
