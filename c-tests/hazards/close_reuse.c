/* The number is closed with writes outstanding and opened again: no byte goes into the wrong file. */
/* glibc: fails: the queued writes go to the file that got the number (bug 14942) */
#include "test.h"

enum { WRITES = 4, SIZE = 4096 };

int main(void)
{
    unsigned char *out = t_pages(WRITES * SIZE, 0), *back = t_pages(SIZE, 0);
    for (long n = t_scale(1000); n > 0; n--) {
        int first = open("first", O_RDWR | O_CREAT | O_TRUNC, 0600);
        int second = open("second", O_RDWR | O_CREAT | O_TRUNC, 0600);
        int fd = open("first", O_RDWR);
        struct aiocb cb[WRITES];
        struct stat st;
        t_pattern(out, WRITES * SIZE, 0, (unsigned)n);
        for (int i = 0; i < WRITES; i++) {
            t_block(&cb[i], fd, out + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_write(&cb[i]), 0);
        }
        CHECK_EQ(close(fd), 0);
        CHECK_EQ(open("second", O_RDWR), fd);
        for (int i = 0; i < WRITES; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK_EQ(fstat(second, &st), 0);
        CHECK_EQ(st.st_size, 0);
        for (int i = 0; i < WRITES; i++) {
            CHECK_EQ(pread(first, back, SIZE, i * SIZE), SIZE);
            CHECK(t_same(back, SIZE, i * SIZE, (unsigned)n));
        }
        close(fd);
        close(first);
        close(second);
    }
    t_figure(0, t_scale(1000) * WRITES, "requests that met the wrong file");
    return 0;
}
