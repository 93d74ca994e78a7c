/* aio_fsync of a number that is not open: EBADF at the call. */
#include "test.h"

int main(void)
{
    int closed = dup(0);
    close(closed);
    const int bad[] = { -1, INT_MIN, INT_MAX, 1 << 20, closed };
    for (int i = 0; i < 5; i++) {
        struct aiocb cb;
        t_block(&cb, bad[i], NULL, 0, 0);
        CHECK_ERR(aio_fsync(O_SYNC, &cb), EBADF);
        CHECK_ERR(aio_fsync(O_DSYNC, &cb), EBADF);
    }
    return 0;
}
