/* 100 000 reads outstanding on one pipe, then cancelled at once by aio_cancel(fd, NULL), in less than quadratic time. */
/* glibc: fails: each submission walks the whole queue, and the running read cannot be cancelled */
#include "test.h"

enum { COUNT = 100000 };

int main(void)
{
    struct aiocb *cb = calloc(COUNT, sizeof *cb);
    unsigned char *in = t_pages(COUNT, 0), out[1000];
    int ends[2];
    CHECK(cb != NULL);
    t_pipe(ends);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], ends[0], in + i, 1, 0);
        CHECK_EQ(aio_read(&cb[i]), 0);
    }
    t_pattern(out, sizeof out, 0, 3);
    CHECK_EQ(write(ends[1], out, sizeof out), sizeof out);
    for (size_t i = 0; i < sizeof out; i++)
        CHECK_EQ(t_finish(&cb[i]), 1);
    CHECK(t_same(in, sizeof out, 0, 3));
    CHECK_EQ(aio_cancel(ends[0], NULL), AIO_CANCELED);
    for (int i = (int)sizeof out; i < COUNT; i++) {
        CHECK_EQ(aio_error(&cb[i]), ECANCELED);
        CHECK_EQ(aio_return(&cb[i]), -1);
    }
    CHECK_EQ(write(ends[1], "x", 1), 1);
    struct pollfd p = { ends[0], POLLIN, 0 };
    CHECK_EQ(poll(&p, 1, 0), 1); /* no cancelled read takes it */
    return 0;
}
