/* 100 000 reads outstanding at once on 100 pipes: each gets its byte, in call order per pipe. */
/* glibc: may fail: one thread per pipe */
#include "test.h"

enum { PIPES = 100, EACH = 1000 };

int main(void)
{
    static int ends[PIPES][2];
    struct aiocb *cb = calloc(PIPES * EACH, sizeof *cb);
    unsigned char *in = t_pages(PIPES * EACH, 0), out[EACH];
    CHECK(cb != NULL);
    for (int p = 0; p < PIPES; p++)
        t_pipe(ends[p]);
    for (int i = 0; i < EACH; i++)
        for (int p = 0; p < PIPES; p++) {
            struct aiocb *one = &cb[p * EACH + i];
            t_block(one, ends[p][0], &in[p * EACH + i], 1, 0);
            CHECK_EQ(aio_read(one), 0);
        }
    for (int i = 0; i < PIPES * EACH; i++)
        CHECK_EQ(aio_error(&cb[i]), EINPROGRESS);
    for (int p = 0; p < PIPES; p++) {
        t_pattern(out, EACH, 0, (unsigned)p);
        CHECK_EQ(write(ends[p][1], out, EACH), EACH);
    }
    for (int i = 0; i < PIPES * EACH; i++)
        CHECK_EQ(t_finish(&cb[i]), 1);
    for (int p = 0; p < PIPES; p++)
        CHECK(t_same(in + p * EACH, EACH, 0, (unsigned)p));
    return 0;
}
