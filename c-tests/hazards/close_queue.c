/* A deep queue of writes, prioritised ones and syncs among them, all survive the close that follows. */
/* glibc: fails: all but the running write end with EBADF */
#include "test.h"

enum { WRITES = 200, SIZE = 8192 };

int main(void)
{
    unsigned char *out = t_pages(WRITES * SIZE, 0), *back = t_pages(SIZE, 0);
    static struct aiocb cb[WRITES], sync[2];
    for (long n = t_scale(20); n > 0; n--) {
        int keep = t_file(0);
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", keep);
        int fd = open(name, O_RDWR | (n & 1 ? O_DIRECT : 0));
        CHECK(fd >= 0);
        t_pattern(out, WRITES * SIZE, 0, (unsigned)n);
        for (int i = 0; i < WRITES; i++) {
            t_block(&cb[i], fd, out + i * SIZE, SIZE, i * SIZE);
            cb[i].aio_reqprio = i % 21;
            CHECK_EQ(aio_write(&cb[i]), 0);
            if (i == WRITES / 2 || i == WRITES - 1) {
                struct aiocb *s = &sync[i == WRITES - 1];
                t_block(s, fd, NULL, 0, 0);
                CHECK_EQ(aio_fsync(O_SYNC, s), 0);
            }
        }
        CHECK_EQ(close(fd), 0);
        CHECK_EQ(t_finish(&sync[1]), 0);
        CHECK_EQ(t_finish(&sync[0]), 0);
        for (int i = 0; i < WRITES; i++) {
            CHECK_EQ(aio_error(&cb[i]), 0);
            CHECK_EQ(aio_return(&cb[i]), SIZE);
            CHECK_EQ(pread(keep, back, SIZE, i * SIZE), SIZE);
            CHECK(t_same(back, SIZE, i * SIZE, (unsigned)n));
        }
        close(keep);
    }
    return 0;
}
