/* What was written is read back, for sizes from a byte to 3 MiB at odd offsets. */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = { 1, 511, 4096, 4097, 65536, 262144, 262145, 1 << 20, 3 << 20 };
    static char want[3 << 20], got[3 << 20];
    int fd = t_file(0);
    off_t offset = 13;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct aiocb cb;
        t_fill(want, sizes[i], i);
        t_block(&cb, fd, want, sizes[i], offset);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), sizes[i]);
        t_block(&cb, fd, got, sizes[i], offset);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizes[i]);
        CHECK(memcmp(got, want, sizes[i]) == 0);
        offset += sizes[i] + 777;
    }
    return 0;
}
