/* LIO_WAIT: EIO when any request failed, and each status tells. */
#include "test.h"

int main(void)
{
    char c[4];
    struct aiocb cb[4], *list[4];
    int fd = t_filled(0, 4, 1), write_only = open("/dev/null", O_WRONLY);
    for (int k = 0; k < 4; k++) {
        t_block(&cb[k], k == 1 ? -1 : k == 2 ? write_only : fd, &c[k], 1, k);
        cb[k].aio_lio_opcode = LIO_READ;
        list[k] = &cb[k];
    }
    CHECK_ERR(lio_listio(LIO_WAIT, list, 4, NULL), EIO);
    CHECK_EQ(aio_error(&cb[0]), 0);
    CHECK_EQ(aio_error(&cb[1]), EBADF);
    CHECK_EQ(aio_error(&cb[2]), EBADF);
    CHECK_EQ(aio_error(&cb[3]), 0);
    CHECK_EQ(aio_return(&cb[0]), 1);
    CHECK_EQ(aio_return(&cb[3]), 1);
    return 0;
}
