/* A transfer of no bytes succeeds with 0. */
#include "solaris.h"

int main(void)
{
    char c = 'c';
    int fd = t_filled(0, 64, 1), p[2];
    aio_result_t r;
    t_pipe(p);
    int fds[] = { fd, p[1] };
    for (int i = 0; i < 2; i++) {
        s_result(&r);
        CHECK_OK(aiowrite(fds[i], &c, 0, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, 0, 0);
    }
    s_result(&r);
    CHECK_OK(aioread(fd, NULL, 0, 0, SEEK_SET, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 0, 0);
    return 0;
}
