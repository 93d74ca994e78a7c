/* A handler that jumps out of aiowait leaves nothing behind: results and SIGIO come as before. */
#include "solaris.h"

#include <setjmp.h>

static sigjmp_buf out;

static void on_alarm(int signo)
{
    (void)signo;
    siglongjmp(out, 1);
}

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    t_handle(SIGALRM, on_alarm, 0);
    s_catch_sigio();
    for (volatile long i = 1; i <= 100; i++) {
        s_blocked(p[0], &c, &r);
        if (sigsetjmp(out, 1) == 0) {
            struct itimerval once = { { 0, 0 }, { 0, 1000 } };
            CHECK_EQ(setitimer(ITIMER_REAL, &once, NULL), 0);
            aiowait(NULL);
            FAIL("aiowait returned");
        }
        CHECK_EQ(write(p[1], "x", 1), 1);
        s_await_sigio(i);
        CHECK_PTR(s_poll(), &r);
        CHECK_IDLE();
    }
    return 0;
}
