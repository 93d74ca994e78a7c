/* aio_read and aio_write ignore aio_lio_opcode. */
#include "test.h"

int main(void)
{
    static const int opcodes[] = { LIO_READ, LIO_WRITE, LIO_NOP, 3, 128, -1, INT_MAX };
    char want[100], got[100];
    int fd = t_file(0);
    for (int i = 0; i < 7; i++) {
        struct aiocb cb;
        t_fill(want, sizeof want, i);
        t_block(&cb, fd, want, sizeof want, 0);
        cb.aio_lio_opcode = opcodes[i];
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), sizeof want);
        t_block(&cb, fd, got, sizeof got, 0);
        cb.aio_lio_opcode = opcodes[i];
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof got);
        CHECK(memcmp(got, want, sizeof got) == 0);
    }
    return 0;
}
