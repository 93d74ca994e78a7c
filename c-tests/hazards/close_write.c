/* aio_write followed at once by close: every write is done, whole and right. */
/* glibc: fails: most writes end with EBADF */
#include "test.h"

enum { SIZE = 4096 };

int main(void)
{
    unsigned char *out = t_pages(SIZE, 0), *back = t_pages(SIZE, 0);
    for (long n = t_scale(2000); n > 0; n--) {
        int keep = t_file(0), fd = n % 3 == 0 ? fcntl(keep, F_DUPFD, 100) : -1;
        if (fd < 0) { /* an open file of its own */
            char name[64];
            snprintf(name, sizeof name, "/proc/self/fd/%d", keep);
            fd = open(name, O_WRONLY | (n % 3 == 1 ? O_APPEND : 0));
            CHECK(fd >= 0);
        }
        struct aiocb cb;
        t_pattern(out, SIZE, 0, (unsigned)n);
        t_block(&cb, fd, out, SIZE, 0);
        CHECK_EQ(aio_write(&cb), 0);
        CHECK_EQ(close(fd), 0);
        CHECK_EQ(t_finish(&cb), SIZE);
        CHECK_EQ(pread(keep, back, SIZE, 0), SIZE);
        CHECK(t_same(back, SIZE, 0, (unsigned)n));
        close(keep);
    }
    t_figure(0, t_scale(2000), "writes lost at close");
    return 0;
}
