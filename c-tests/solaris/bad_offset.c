/* A position that is negative or overflows is EINVAL at the call. */
#include "solaris.h"

int main(void)
{
    char buf[4];
    int fd = t_filled(0, 1000, 1);
    aio_result_t r;
    CHECK_EQ(lseek(fd, 10, SEEK_SET), 10);
    CHECK_ERR(aioread(fd, buf, 4, -1, SEEK_SET, &r), EINVAL);
    CHECK_ERR(aiowrite(fd, buf, 4, INT64_MIN, SEEK_SET, &r), EINVAL);
    CHECK_ERR(aioread(fd, buf, 4, -11, SEEK_CUR, &r), EINVAL);
    CHECK_ERR(aioread(fd, buf, 4, -1001, SEEK_END, &r), EINVAL);
    CHECK_ERR(aiowrite(fd, buf, 4, INT64_MAX, SEEK_CUR, &r), EINVAL);
    CHECK_ERR(aioread(fd, buf, 4, INT64_MAX - 999, SEEK_END, &r), EINVAL);
    CHECK_ERR(aioread(fd, buf, 4, INT64_MIN, SEEK_CUR, &r), EINVAL);
    CHECK_IDLE();
    return 0;
}
