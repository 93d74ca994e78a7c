/* Of several threads in aiowait one gets the last result, and the others EINVAL. */
#include "solaris.h"

enum { N = 6 };

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    for (int i = 0; i < 50; i++) {
        struct s_waiter w[N];
        int got = 0;
        s_blocked(p[0], &c, &r);
        for (int k = 0; k < N; k++)
            s_start_waiting(&w[k], NULL);
        CHECK_EQ(write(p[1], "x", 1), 1);
        for (int k = 0; k < N; k++) {
            if (s_end_waiting(&w[k]) == &r)
                got++;
            else
                CHECK(w[k].got == S_FAILED && w[k].error == EINVAL);
        }
        CHECK_EQ(got, 1);
    }
    return 0;
}
