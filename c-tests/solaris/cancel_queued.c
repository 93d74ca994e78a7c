/* A request that waits behind others is cancelled; the others go on. */
#include "solaris.h"

int main(void)
{
    char c[3] = { 0 };
    int p[2];
    aio_result_t r[3];
    t_pipe(p);
    for (int victim = 0; victim < 3; victim++) {
        for (int i = 0; i < 3; i++)
            s_blocked(p[0], &c[i], &r[i]);
        CHECK_OK(aiocancel(&r[victim]));
        CHECK_RESULT(&r[victim], -1, ECANCELED);
        CHECK_EQ(write(p[1], "ab", 2), 2);
        for (int i = 0; i < 3; i++)
            if (i != victim) {
                CHECK_PTR(s_take(), &r[i]);
                CHECK_RESULT(&r[i], 1, 0);
            }
        CHECK_IDLE();
    }
    return 0;
}
