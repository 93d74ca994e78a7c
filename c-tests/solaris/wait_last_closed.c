/* A thread in aiowait gets EINVAL when the last outstanding request is closed away. */
#include "solaris.h"

int main(void)
{
    char c;
    aio_result_t r;
    for (int i = 0; i < 50; i++) {
        struct s_waiter w;
        int p[2];
        t_pipe(p);
        s_blocked(p[0], &c, &r);
        s_start_waiting(&w, i % 2 ? NULL : &(struct timeval){ 1000, 0 });
        CHECK_EQ(close(p[0]), 0);
        CHECK_RESULT(&r, -1, ECANCELED);
        CHECK_PTR(s_end_waiting(&w), S_FAILED);
        CHECK_EQ(w.error, EINVAL);
        close(p[1]);
    }
    return 0;
}
