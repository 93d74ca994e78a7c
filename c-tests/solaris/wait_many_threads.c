/* Many threads wait in aiowait; each result goes to exactly one. */
#include "solaris.h"

enum { N = 16 };

int main(void)
{
    static aio_result_t r[N];
    static char c[N];
    int p[2];
    t_pipe(p);
    for (int round = 0; round < 20; round++) {
        struct s_waiter w[N];
        bool seen[N] = { false };
        struct timeval long_enough = { 1000, 0 };
        for (int i = 0; i < N; i++)
            s_blocked(p[0], &c[i], &r[i]);
        for (int i = 0; i < N; i++)
            s_start_waiting(&w[i], i % 2 ? NULL : &long_enough);
        for (int i = 0; i < N; i++)
            CHECK_EQ(write(p[1], "x", 1), 1);
        for (int i = 0; i < N; i++) {
            aio_result_t *got = s_end_waiting(&w[i]);
            CHECK(got >= r && got < r + N);
            CHECK(!seen[got - r]);
            seen[got - r] = true;
        }
        CHECK_IDLE();
    }
    return 0;
}
