/* What aiowrite wrote, aioread reads; aiowait gives each result pointer, and errno stays as it was. */
#include "solaris.h"

int main(void)
{
    static char out[8192], in[8192];
    aio_result_t w, r;
    int fd = t_file(0);
    t_fill(out, sizeof out, 1);
    s_result(&w), s_result(&r);
    CHECK_OK(aiowrite(fd, out, sizeof out, 4096, SEEK_SET, &w));
    CHECK_PTR(s_take(), &w);
    CHECK_RESULT(&w, 8192, 0);
    CHECK_OK(aioread(fd, in, sizeof in, 4096, SEEK_SET, &r));
    errno = 12345;
    CHECK_PTR(aiowait(NULL), &r);
    CHECK_EQ(errno, 12345);
    CHECK_RESULT(&r, 8192, 0);
    CHECK_EQ(memcmp(in, out, sizeof in), 0);
    CHECK_IDLE();
    return 0;
}
