/* O_DIRECT: aligned requests work in both directions, many at once. */
#include "test.h"

int main(void)
{
    enum { COUNT = 64, SIZE = 16384 };
    struct aiocb cb[COUNT];
    char *want, *got;
    int fd = t_file(O_DIRECT);
    want = aligned_alloc(4096, COUNT * SIZE);
    got = aligned_alloc(4096, COUNT * SIZE);
    t_fill(want, COUNT * SIZE, 1);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, want + i * SIZE, SIZE, i * SIZE);
        CHECK_OK(aio_write(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, got + i * SIZE, SIZE, i * SIZE);
        CHECK_OK(aio_read(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE);
    CHECK(memcmp(got, want, COUNT * SIZE) == 0);
    return 0;
}
