/* Lists of 1 and of 1000 entries, in both modes. */
#include "test.h"

int main(void)
{
    enum { COUNT = 1000, SIZE = 600 };
    static char want[COUNT * SIZE], got[COUNT * SIZE];
    static struct aiocb cb[COUNT], *list[COUNT];
    int fd = t_filled(0, sizeof want, 8);
    t_fill(want, sizeof want, 8);
    for (int mode = LIO_WAIT; mode <= LIO_NOWAIT; mode++)
        for (int count = 1; count <= COUNT; count += COUNT - 1) {
            memset(got, 0, sizeof got);
            for (int i = 0; i < count; i++) {
                t_block(&cb[i], fd, got + i * SIZE, SIZE, i * SIZE);
                cb[i].aio_lio_opcode = LIO_READ;
                list[i] = &cb[i];
            }
            CHECK_OK(lio_listio(mode, list, count, NULL));
            for (int i = 0; i < count; i++)
                CHECK_EQ(t_finish(&cb[i]), SIZE);
            CHECK(memcmp(got, want, (size_t)count * SIZE) == 0);
        }
    return 0;
}
