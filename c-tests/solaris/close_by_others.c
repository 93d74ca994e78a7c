/* dup2, dup3 and close_range over a descriptor do to its requests what close does. */
#include "solaris.h"

int main(void)
{
    char c[2];
    int fd = t_filled(0, 64, 1);
    aio_result_t blocked, finished;
    for (int i = 0; i < 60; i++) {
        int p[2], other = dup(fd);
        t_pipe(p);
        s_polled(&finished);
        CHECK_OK(aioread(other, &c[0], 1, 0, SEEK_SET, &finished));
        CHECK_EQ(s_spin(&finished), 1);
        s_blocked(p[0], &c[1], &blocked);
        int victims[] = { other, p[0] };
        for (int k = 0; k < 2; k++) {
            int v = victims[k];
            if (i % 3 == 0)
                CHECK_EQ(dup2(fd, v), v);
            else if (i % 3 == 1)
                CHECK_EQ(dup3(fd, v, O_CLOEXEC), v);
            else
                CHECK_EQ(close_range((unsigned)v, (unsigned)v, 0), 0);
        }
        CHECK_RESULT(&finished, 1, 0);
        CHECK_RESULT(&blocked, -1, ECANCELED);
        CHECK_IDLE();
        if (i % 3 != 2)
            close(other), close(p[0]);
        close(p[1]);
    }
    return 0;
}
