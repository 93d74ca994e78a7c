/* A buffer that is not there is EFAULT in the result, not at the call. */
/* not under: memcheck: bad buffers are what it is about */
#include "solaris.h"

int main(void)
{
    int fd = t_filled(0, 8192, 1), out = t_file(0), p[2];
    aio_result_t r;
    char *bad[] = { NULL, (char *)16, t_pages(4096, 0) };
    /* it stays ours, so that nobody maps something else there */
    CHECK_EQ(mprotect(bad[2], 4096, PROT_NONE), 0);
    t_pipe(p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        s_result(&r);
        CHECK_OK(aioread(fd, bad[i], 4096, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, -1, EFAULT);
        s_result(&r);
        CHECK_OK(aiowrite(out, bad[i], 4096, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, -1, EFAULT);
        s_result(&r);
        CHECK_OK(aiowrite(p[1], bad[i], 16, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, -1, EFAULT);
    }
    CHECK_IDLE();
    return 0;
}
