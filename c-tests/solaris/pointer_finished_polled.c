/* With AIO_INPROGRESS a finished result pointer may be used again, which drops it from the done queue. */
#include "solaris.h"

int main(void)
{
    char a = 0, b = 0;
    int p[2], fd = t_filled(0, 64, 1);
    aio_result_t r, other;
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        s_polled(&r);
        CHECK_OK(aioread(fd, &a, 1, 0, SEEK_SET, &r));
        CHECK_EQ(s_spin(&r), 1);
        s_polled(&other);
        CHECK_OK(aioread(fd, &a, 1, 0, SEEK_SET, &other));
        CHECK_EQ(s_spin(&other), 1);
        s_blocked(p[0], &b, &r);
        CHECK_EQ(write(p[1], "x", 1), 1);
        CHECK_EQ(s_spin(&r), 1);
        /* once each: the first read of r is dropped, and with it its place before the other */
        CHECK_PTR(s_take(), &other);
        CHECK_PTR(s_take(), &r);
        CHECK_IDLE();
    }
    return 0;
}
