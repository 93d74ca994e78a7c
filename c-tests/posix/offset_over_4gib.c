/* Offsets beyond 4 GiB are kept whole. */
#include "test.h"

int main(void)
{
    static const off_t offsets[] = { 5LL << 30, (4LL << 30) + 1, (2LL << 30) - 1, 1 };
    char want[1000], got[1000];
    int fd = t_file(0);
    for (int i = 0; i < 4; i++) {
        struct aiocb cb;
        t_fill(want, sizeof want, i);
        t_block(&cb, fd, want, sizeof want, offsets[i]);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), sizeof want);
    }
    for (int i = 0; i < 4; i++) {
        struct aiocb cb;
        t_fill(want, sizeof want, i);
        CHECK_EQ(pread(fd, got, sizeof got, offsets[i]), sizeof got);
        CHECK(memcmp(got, want, sizeof got) == 0);
        memset(got, 0, sizeof got);
        t_block(&cb, fd, got, sizeof got, offsets[i]);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof got);
        CHECK(memcmp(got, want, sizeof got) == 0);
    }
    return 0;
}
