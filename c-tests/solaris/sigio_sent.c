/* A finished request raises SIGIO by plain kill when the program has a handler and nobody is blocked in aiowait. */
/* not under: tsan: to it, a signal does not order what was before and after */
#include "solaris.h"

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    s_catch_sigio();
    for (long i = 1; i <= 100; i++) {
        s_blocked(p[0], &c, &r);
        CHECK_EQ(write(p[1], "x", 1), 1);
        s_await_sigio(i);
        CHECK_EQ(s_sigio_code, SI_USER);
        CHECK_EQ(s_sigio_pid, getpid());
        CHECK_RESULT(&r, 1, 0);
        CHECK_PTR(s_poll(), &r);
    }
    s_no_sigio(100);
    return 0;
}
