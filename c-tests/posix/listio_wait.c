/* lio_listio(LIO_WAIT) returns when all have finished; reads and writes mixed. */
#include "test.h"

int main(void)
{
    enum { COUNT = 50, SIZE = 5000 };
    static char want[COUNT][SIZE], got[COUNT][SIZE];
    struct aiocb cb[2 * COUNT], *list[2 * COUNT];
    int fd = t_file(0);
    for (int i = 0; i < COUNT; i++) {
        t_fill(want[i], SIZE, i);
        CHECK_EQ(pwrite(fd, want[i], SIZE, i * SIZE), SIZE);
        t_block(&cb[2 * i], fd, got[i], SIZE, i * SIZE);
        cb[2 * i].aio_lio_opcode = LIO_READ;
        t_block(&cb[2 * i + 1], fd, want[i], SIZE, (COUNT + i) * SIZE);
        cb[2 * i + 1].aio_lio_opcode = LIO_WRITE;
    }
    for (int i = 0; i < 2 * COUNT; i++)
        list[i] = &cb[i];
    CHECK_OK(lio_listio(LIO_WAIT, list, 2 * COUNT, NULL));
    for (int i = 0; i < 2 * COUNT; i++) {
        CHECK_EQ(aio_error(&cb[i]), 0);
        CHECK_EQ(aio_return(&cb[i]), SIZE);
    }
    CHECK(memcmp(want, got, sizeof got) == 0);
    CHECK_EQ(pread(fd, got, sizeof got, COUNT * SIZE), sizeof got);
    CHECK(memcmp(want, got, sizeof got) == 0);
    return 0;
}
