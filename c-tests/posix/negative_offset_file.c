/* A negative aio_offset on a file: EINVAL at the call, aio_error agrees, nothing is transferred. */
/* glibc: fails: it says so only by aio_error */
#include "test.h"

int main(void)
{
    static const off_t offsets[] = { -1, -512, INT64_MIN };
    char buf[16] = "written";
    struct stat st;
    int fd = t_file(0);
    struct aiocb cb;
    for (int i = 0; i < 3; i++) {
        t_block(&cb, fd, buf, sizeof buf, offsets[i]);
        CHECK_ERR(aio_write(&cb), EINVAL);
        CHECK_EQ(aio_error(&cb), EINVAL);
        t_block(&cb, fd, buf, sizeof buf, offsets[i]);
        CHECK_ERR(aio_read(&cb), EINVAL);
        CHECK_EQ(aio_error(&cb), EINVAL);
    }
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 0);
    return 0;
}
