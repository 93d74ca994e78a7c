/* close cancels a blocked stream read: -1/ECANCELED, no SIGIO, and the pointer is free. */
#include "solaris.h"

int main(void)
{
    char c;
    aio_result_t r;
    s_catch_sigio();
    for (int i = 0; i < 100; i++) {
        int p[2];
        t_pipe(p);
        i % 2 ? s_polled(&r) : s_result(&r);
        CHECK_OK(aioread(p[0], &c, 1, 0, SEEK_SET, &r));
        CHECK_EQ(close(p[0]), 0);
        CHECK_RESULT(&r, -1, ECANCELED);
        CHECK_IDLE();
        CHECK_ERR(aiocancel(&r), EINVAL);
        signal(SIGPIPE, SIG_IGN);
        CHECK_ERR(write(p[1], "x", 1), EPIPE);
        close(p[1]);
    }
    s_no_sigio(0);
    return 0;
}
