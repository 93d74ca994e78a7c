/* No SIGIO while a thread is blocked in aiowait: it gets the result instead. */
#include "solaris.h"

int main(void)
{
    char c[2];
    int p[2];
    aio_result_t r[2];
    t_pipe(p);
    s_catch_sigio();
    for (int i = 0; i < 50; i++) {
        struct s_waiter w[2];
        s_blocked(p[0], &c[0], &r[0]);
        s_blocked(p[0], &c[1], &r[1]);
        s_start_waiting(&w[0], NULL);
        s_start_waiting(&w[1], NULL);
        /* both threads are blocked when the first ends, one is when the second does */
        CHECK_EQ(write(p[1], "xy", 2), 2);
        aio_result_t *first = s_end_waiting(&w[0]), *second = s_end_waiting(&w[1]);
        CHECK((first == &r[0] && second == &r[1]) || (first == &r[1] && second == &r[0]));
        CHECK_EQ(atomic_load(&s_sigios), 0);
    }
    s_no_sigio(0);
    return 0;
}
