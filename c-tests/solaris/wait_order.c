/* aiowait gives the finished requests in order of completion, each once. */
#include "solaris.h"

enum { N = 60 };

int main(void)
{
    static aio_result_t r[N];
    static char buf[N];
    static int p[N][2], order[N];
    for (unsigned round = 0; round < 20; round++) {
        for (int i = 0; i < N; i++) {
            t_pipe(p[i]);
            s_blocked(p[i][0], &buf[i], &r[i]);
            order[i] = i;
        }
        srand(round);
        for (int i = N - 1; i > 0; i--) {
            int k = rand() % (i + 1), was = order[i];
            order[i] = order[k], order[k] = was;
        }
        for (int i = 0; i < N; i++) {
            CHECK_EQ(write(p[order[i]][1], "x", 1), 1);
            CHECK_EQ(s_spin(&r[order[i]]), 1);
        }
        for (int i = 0; i < N; i++)
            CHECK_PTR(i % 2 ? s_poll() : s_take(), &r[order[i]]);
        CHECK_IDLE();
        for (int i = 0; i < N; i++)
            close(p[i][0]), close(p[i][1]);
    }
    return 0;
}
