/* Of writes queued on a full pipe, close leaves at most the one that began; the others end with ECANCELED. */
/* glibc: fails: the others end with EBADF or go to whatever gets the number */
#include "test.h"

enum { WRITES = 5, SIZE = 100000 };

int main(void)
{
    unsigned char *out = t_pages(WRITES * SIZE, 0), *in = t_pages((WRITES + 1) * SIZE, 0);
    for (int i = 0; i < WRITES; i++)
        t_pattern(out + i * SIZE, SIZE, 0, (unsigned)i);
    for (long n = t_scale(50); n > 0; n--) {
        struct aiocb cb[WRITES];
        int ends[2], kept = 0;
        size_t got = 0;
        t_pipe(ends);
        for (int i = 0; i < WRITES; i++) {
            t_block(&cb[i], ends[1], out + i * SIZE, SIZE, 0);
            CHECK_EQ(aio_write(&cb[i]), 0);
        }
        if (n & 1) { /* let the first one begin */
            struct pollfd p = { ends[0], POLLIN, 0 };
            CHECK_EQ(poll(&p, 1, 10000), 1);
        }
        CHECK_EQ(close(ends[1]), 0);
        for (ssize_t r = 1; r > 0; got += (size_t)r) {
            r = read(ends[0], in + got, SIZE);
            CHECK(r >= 0 && got + (size_t)r <= (size_t)WRITES * SIZE);
        }
        for (int i = 0; i < WRITES; i++) {
            int error = t_wait(&cb[i]);
            if (error == 0) {
                CHECK_EQ(i, 0);
                CHECK_EQ(aio_return(&cb[i]), SIZE);
                kept++;
            } else {
                CHECK_EQ(error, ECANCELED);
                CHECK_EQ(aio_return(&cb[i]), -1);
            }
        }
        CHECK_EQ(got, (size_t)kept * SIZE);
        CHECK(t_same(in, got, 0, 0));
        if (n & 1)
            CHECK_EQ(kept, 1);
        close(ends[0]);
    }
    return 0;
}
