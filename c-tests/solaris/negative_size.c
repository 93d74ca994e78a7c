/* A negative size is EINVAL at the call. */
#include "solaris.h"

int main(void)
{
    char buf[4];
    int fd = t_filled(0, 64, 1), p[2];
    aio_result_t r;
    t_pipe(p);
    CHECK_ERR(aioread(fd, buf, -1, 0, SEEK_SET, &r), EINVAL);
    CHECK_ERR(aiowrite(fd, buf, INT_MIN, 0, SEEK_SET, &r), EINVAL);
    CHECK_ERR(aioread(p[0], buf, -4096, 0, SEEK_SET, &r), EINVAL);
    CHECK_IDLE();
    return 0;
}
