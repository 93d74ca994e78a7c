/* A forked child starts with no requests, its own work; the parent keeps its own. */
#include "solaris.h"

int main(void)
{
    char a, b;
    int p[2], fd = t_filled(0, 64, 1);
    aio_result_t blocked, finished, r;
    t_pipe(p);
    s_blocked(p[0], &a, &blocked);
    s_polled(&finished);
    CHECK_OK(aioread(fd, &b, 1, 0, SEEK_SET, &finished));
    CHECK_EQ(s_spin(&finished), 1);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        if (child == 0) {
            CHECK_IDLE();
            CHECK_FAILED(aiowait(NULL), EINVAL);
            CHECK_ERR(aiocancel(&blocked), EINVAL);
            CHECK_EQ(blocked.aio_return, AIO_INPROGRESS);
            /* pointers of the parent are free here */
            CHECK_OK(aioread(fd, &b, 1, 0, SEEK_SET, &blocked));
            CHECK_PTR(s_take(), &blocked);
            CHECK_OK(aioread(fd, &b, 1, 0, SEEK_SET, &r));
            CHECK_PTR(s_take(), &r);
            CHECK_IDLE();
            _exit(0);
        }
        t_child_ok(child);
    }
    CHECK_PTR(s_take(), &finished);
    CHECK_PTR(s_poll(), NULL);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &blocked);
    CHECK_IDLE();
    return 0;
}
