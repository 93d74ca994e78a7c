/* aio_fsync with anything but O_SYNC or O_DSYNC: EINVAL at the call. */
#include "test.h"

int main(void)
{
    static const int bad[] = { 0, -1, 1, O_RDWR, O_SYNC & ~O_DSYNC, O_SYNC | O_APPEND, INT_MAX };
    int fd = t_file(0);
    for (int i = 0; i < 7; i++) {
        struct aiocb cb;
        t_block(&cb, fd, NULL, 0, 0);
        CHECK_ERR(aio_fsync(bad[i], &cb), EINVAL);
    }
    return 0;
}
