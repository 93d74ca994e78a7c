/* A stream write that has begun completes on the old file after close; those behind it are cancelled. */
#include "solaris.h"

enum { SIZE = 1 << 20 };

int main(void)
{
    static char out[SIZE], in[SIZE];
    int p[2];
    aio_result_t began, behind;
    t_pipe(p);
    t_fill(out, SIZE, 5);
    s_polled(&began), s_polled(&behind);
    CHECK_OK(aiowrite(p[1], out, SIZE, 0, SEEK_SET, &began));
    CHECK_OK(aiowrite(p[1], out, 10, 0, SEEK_SET, &behind));
    struct pollfd ready = { p[0], POLLIN, 0 };
    CHECK_EQ(poll(&ready, 1, -1), 1);
    CHECK_EQ(close(p[1]), 0);
    CHECK_RESULT(&behind, -1, ECANCELED);
    CHECK_EQ(s_seen(&began), AIO_INPROGRESS);
    t_read_all(p[0], in, SIZE);
    CHECK_EQ(memcmp(in, out, SIZE), 0);
    CHECK_EQ(read(p[0], in, 1), 0);
    CHECK_PTR(s_take(), &began);
    CHECK_RESULT(&began, SIZE, 0);
    CHECK_IDLE();
    return 0;
}
