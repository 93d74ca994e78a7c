/* aiowait with a zero timeval polls: NULL while nothing is finished. */
#include "solaris.h"

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    s_blocked(p[0], &c, &r);
    errno = 12345;
    for (int i = 0; i < 1000; i++)
        CHECK_PTR(s_poll(), NULL);
    CHECK_EQ(errno, 12345);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(s_spin(&r), 1);
    CHECK_PTR(s_poll(), &r);
    CHECK_IDLE();
    return 0;
}
