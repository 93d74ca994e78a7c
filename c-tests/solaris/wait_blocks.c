/* aiowait without a timeout, and with a long one, blocks until a request is finished. */
#include "solaris.h"

int main(void)
{
    struct timeval times[] = { { 1000, 0 }, { INT64_MAX, 999999 }, { 0, 0 } };
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    for (int i = 0; i < 3; i++) {
        struct s_waiter w;
        s_blocked(p[0], &c, &r);
        s_start_waiting(&w, i < 2 ? &times[i] : NULL);
        CHECK_EQ(write(p[1], "x", 1), 1);
        CHECK_PTR(s_end_waiting(&w), &r);
        CHECK_RESULT(&r, 1, 0);
    }
    return 0;
}
