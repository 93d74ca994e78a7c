/* Without AIO_INPROGRESS a finished result pointer is in use until aiowait has returned it. */
#include "solaris.h"

int main(void)
{
    char a = 0, b = 0;
    int p[2], fd = t_filled(0, 64, 1);
    aio_result_t r, poll;
    t_pipe(p);
    s_result(&r), s_polled(&poll);
    CHECK_OK(aioread(p[0], &a, 1, 0, SEEK_SET, &r));
    /* reads of a stream take effect in call order, so that the first has finished when the second has */
    CHECK_OK(aioread(p[0], &b, 1, 0, SEEK_SET, &poll));
    CHECK_EQ(write(p[1], "xy", 2), 2);
    CHECK_EQ(s_spin(&poll), 1);
    CHECK_ERR(aioread(fd, &a, 1, 0, SEEK_SET, &r), EINVAL);
    CHECK_RESULT(&r, 1, 0);
    CHECK_PTR(s_take(), &r);
    CHECK_OK(aioread(fd, &a, 1, 0, SEEK_SET, &r));
    CHECK_PTR(s_take(), &poll);
    CHECK_PTR(s_take(), &r);
    CHECK_IDLE();
    return 0;
}
