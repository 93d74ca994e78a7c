/* A pointer that was not polled is free again when close has dropped its finished request. */
#include "solaris.h"

int main(void)
{
    char c, d;
    int p[2];
    aio_result_t r, poll;
    for (int i = 0; i < 20; i++) {
        t_pipe(p);
        s_result(&r), s_polled(&poll);
        CHECK_OK(aioread(p[0], &c, 1, 0, SEEK_SET, &r));
        CHECK_OK(aioread(p[0], &d, 1, 0, SEEK_SET, &poll));
        CHECK_EQ(write(p[1], "xy", 2), 2);
        CHECK_EQ(s_spin(&poll), 1);
        CHECK_ERR(aioread(p[0], &c, 1, 0, SEEK_SET, &r), EINVAL);
        CHECK_EQ(close(p[0]), 0);
        CHECK_IDLE();
        int fd = t_filled(0, 64, 1);
        CHECK_OK(aioread(fd, &c, 1, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
        close(fd);
        close(p[1]);
    }
    return 0;
}
