/* A read across the end of a file gives what is there, and not a byte more is written. */
#include "test.h"

int main(void)
{
    enum { SIZE = 300001 };
    static char want[SIZE], got[SIZE + 100000];
    static const int offsets[] = { 0, 1, 4095, 4096, 262143, 299999, 300000 };
    t_fill(want, SIZE, 3);
    int fd = t_filled(0, SIZE, 3);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct aiocb cb;
        memset(got, 0x5a, sizeof got);
        t_block(&cb, fd, got, sizeof got, offsets[i]);
        CHECK_OK(aio_read(&cb));
        ssize_t n = t_finish(&cb);
        CHECK_EQ(n, SIZE - offsets[i]);
        CHECK(memcmp(got, want + offsets[i], n) == 0);
        for (size_t k = n; k < sizeof got; k++)
            CHECK_EQ(got[k], 0x5a);
    }
    return 0;
}
