/* A negative time, or a million microseconds and more, is EINVAL, whatever is outstanding or finished. */
#include "solaris.h"

int main(void)
{
    struct timeval bad[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000 }, { 1, 5000000 }, { -1, -1 }, { INT64_MIN, 0 },
                             { 0, INT64_MAX }, { 0, INT64_MIN } };
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            CHECK_FAILED(aiowait(&bad[i]), EINVAL);
        if (round == 0)
            s_blocked(p[0], &c, &r);
        if (round == 1) {
            CHECK_EQ(write(p[1], "x", 1), 1);
            CHECK_EQ(s_spin(&r), 1);
        }
    }
    CHECK_PTR(s_take(), &r);
    return 0;
}
