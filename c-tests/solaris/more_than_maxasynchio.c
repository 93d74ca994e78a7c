/* MAXASYNCHIO is no limit: ten times as many requests are outstanding, and each is handed out. */
#include "solaris.h"

enum { MANY = 10 * MAXASYNCHIO };

int main(void)
{
    static aio_result_t r[MANY];
    static char buf[MANY];
    int p[2];
    long seen = 0;
    t_pipe(p);
    for (int i = 0; i < MANY; i++)
        s_blocked(p[0], &buf[i], &r[i]);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(write(p[1], "x", 1), 1);
    for (int i = 0; i < MANY; i++) {
        aio_result_t *got = s_take();
        CHECK(got >= r && got < r + MANY);
        CHECK_RESULT(got, 1, 0);
        seen += got - r;
    }
    CHECK_EQ(seen, (long)MANY * (MANY - 1) / 2);
    CHECK_IDLE();
    return 0;
}
