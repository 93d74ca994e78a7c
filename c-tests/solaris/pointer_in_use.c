/* A result pointer whose request is not finished is refused with EINVAL, and the first request is unharmed. */
#include "solaris.h"

int main(void)
{
    char a = 0, b = 0;
    int p[2], fd = t_filled(0, 64, 1);
    aio_result_t r;
    t_pipe(p);
    s_blocked(p[0], &a, &r);
    CHECK_ERR(aioread(fd, &b, 1, 0, SEEK_SET, &r), EINVAL);
    CHECK_ERR(aiowrite(p[1], "y", 1, 0, SEEK_SET, &r), EINVAL);
    CHECK_EQ(s_seen(&r), AIO_INPROGRESS);
    CHECK_EQ(b, 0);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 1, 0);
    CHECK_EQ(a, 'x');
    CHECK_IDLE();
    return 0;
}
