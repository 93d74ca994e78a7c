/* NULL and LIO_NOP entries are skipped; the others run. */
#include "test.h"

int main(void)
{
    enum { COUNT = 30 };
    char c[COUNT];
    struct aiocb cb[COUNT], *list[COUNT];
    int fd = t_filled(0, COUNT, 1);
    for (int mode = 0; mode < 2; mode++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], i % 3 == 1 ? -1 : fd, &c[i], 1, i);
            cb[i].aio_lio_opcode = i % 3 == 1 ? LIO_NOP : LIO_READ;
            list[i] = i % 3 ? &cb[i] : NULL;
        }
        CHECK_OK(lio_listio(mode ? LIO_NOWAIT : LIO_WAIT, list, COUNT, NULL));
        for (int i = 2; i < COUNT; i += 3)
            CHECK_EQ(t_finish(&cb[i]), 1);
    }
    return 0;
}
