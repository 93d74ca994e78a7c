/* With SIGIO default or ignored none is sent; what counts is how it is handled when the request finishes. */
#include "solaris.h"

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    sigset_t one, pending;
    t_pipe(p);
    sigemptyset(&one);
    sigaddset(&one, SIGIO);
    for (int i = 0; i < 2; i++) {
        /* by default SIGIO would end the process */
        signal(SIGIO, i ? SIG_IGN : SIG_DFL);
        s_blocked(p[0], &c, &r);
        CHECK_EQ(write(p[1], "x", 1), 1);
        CHECK_PTR(s_take(), &r);
        CHECK_EQ(pthread_sigmask(SIG_BLOCK, &one, NULL), 0);
        s_blocked(p[0], &c, &r);
        CHECK_EQ(write(p[1], "x", 1), 1);
        CHECK_EQ(s_spin(&r), 1);
        CHECK_PTR(s_take(), &r);
        CHECK_EQ(sigpending(&pending), 0);
        CHECK(!sigismember(&pending, SIGIO));
        CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &one, NULL), 0);
    }
    /* asked at delivery: the handler comes after the submission */
    s_blocked(p[0], &c, &r);
    s_catch_sigio();
    CHECK_EQ(write(p[1], "x", 1), 1);
    s_await_sigio(1);
    CHECK_PTR(s_poll(), &r);
    return 0;
}
