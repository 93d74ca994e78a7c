/* When the last blocked thread leaves while results are queued, there is a SIGIO for them. */
/* not under: tsan: puts a signal off, and calls the handler in two threads */
#include "solaris.h"

enum { N = 8 };

int main(void)
{
    static char c[N];
    static aio_result_t r[N];
    int p[2];
    t_pipe(p);
    s_catch_sigio();
    for (int round = 0; round < 100; round++) {
        struct s_waiter w;
        long before = atomic_load(&s_sigios);
        int left = N;
        for (int i = 0; i < N; i++)
            s_blocked(p[0], &c[i], &r[i]);
        s_start_waiting(&w, NULL);
        CHECK_EQ(write(p[1], "01234567", N), N);
        CHECK(s_end_waiting(&w) != S_FAILED);
        s_await_sigio(before + 1);
        /* what a handler would do, as often as it is called, takes them all */
        for (left--; left > 0; left--)
            CHECK(s_take() != NULL);
        CHECK_IDLE();
    }
    return 0;
}
