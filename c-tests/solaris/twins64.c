/* aioread64 and aiowrite64 do the same as aioread and aiowrite. */
#include "solaris.h"

int main(void)
{
    char in[8];
    aio_result_t r;
    int fd = t_file(0);
    s_result(&r);
    CHECK_OK(aiowrite64(fd, "sixty-4", 8, (off_t)5 << 32, SEEK_SET, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 8, 0);
    CHECK_OK(aioread64(fd, in, 8, -8, SEEK_END, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 8, 0);
    CHECK_EQ(memcmp(in, "sixty-4", 8), 0);
    return 0;
}
