/* A thread in aiowait gets EINVAL when the last outstanding request is cancelled. */
#include "solaris.h"

int main(void)
{
    char c[2];
    int p[2];
    aio_result_t r[2];
    t_pipe(p);
    for (int i = 0; i < 50; i++) {
        struct s_waiter w[2];
        s_blocked(p[0], &c[0], &r[0]);
        s_blocked(p[0], &c[1], &r[1]);
        s_start_waiting(&w[0], NULL);
        s_start_waiting(&w[1], &(struct timeval){ 1000, 0 });
        CHECK_OK(aiocancel(&r[i % 2]));
        CHECK_OK(aiocancel(&r[1 - i % 2]));
        for (int k = 0; k < 2; k++) {
            CHECK_PTR(s_end_waiting(&w[k]), S_FAILED);
            CHECK_EQ(w[k].error, EINVAL);
        }
    }
    return 0;
}
