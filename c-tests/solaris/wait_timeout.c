/* aiowait gives NULL when the time is over, never before, and leaves errno alone. */
#include "solaris.h"

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    s_blocked(p[0], &c, &r);
    for (long us = 1; us < 100000; us *= 7) {
        struct timeval time = { 0, us };
        double began = t_now();
        errno = 12345;
        CHECK_PTR(aiowait(&time), NULL);
        CHECK_EQ(errno, 12345);
        CHECK(t_now() - began >= (double)us / 1e6);
        CHECK_EQ(time.tv_usec, us);
    }
    struct timeval time = { 1, 100000 };
    double began = t_now();
    CHECK_PTR(aiowait(&time), NULL);
    CHECK(t_now() - began >= 1.1);
    return 0;
}
