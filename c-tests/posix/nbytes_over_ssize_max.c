/* aio_nbytes above SSIZE_MAX: EINVAL at the call, and aio_error agrees. */
/* glibc: fails: it says so only by aio_error */
#include "test.h"

int main(void)
{
    static const size_t sizes[] = { (size_t)SSIZE_MAX + 1, SIZE_MAX, SIZE_MAX - 4095 };
    char buf[16];
    int fd = t_file(0);
    struct aiocb cb;
    for (int i = 0; i < 3; i++) {
        t_block(&cb, fd, buf, sizes[i], 0);
        CHECK_ERR(aio_read(&cb), EINVAL);
        CHECK_EQ(aio_error(&cb), EINVAL);
        t_block(&cb, fd, buf, sizes[i], 0);
        CHECK_ERR(aio_write(&cb), EINVAL);
        CHECK_EQ(aio_error(&cb), EINVAL);
    }
    return 0;
}
