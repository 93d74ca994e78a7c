/* The number of a file closed with reads outstanding becomes a pipe's: the reads end on the file, not on the pipe. */
/* glibc: fails: queued reads get EBADF, ESPIPE or wait for the pipe */
#include "test.h"

enum { READS = 8, SIZE = 4096 };

int main(void)
{
    int keep = t_data(READS * SIZE, 0), direct = t_data(READS * SIZE, O_DIRECT);
    unsigned char *in = t_pages(READS * SIZE, 0);
    for (long n = t_scale(500); n > 0; n--) {
        int from = n & 1 ? keep : direct, ends[2];
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", from);
        int fd = open(name, O_RDONLY | (n & 1 ? 0 : O_DIRECT));
        CHECK(fd >= 0);
        if (n & 1)
            posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        struct aiocb cb[READS];
        memset(in, 0, READS * SIZE);
        for (int i = 0; i < READS; i++) {
            t_block(&cb[i], fd, in + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        CHECK_EQ(close(fd), 0);
        t_pipe(ends);
        CHECK_EQ(ends[0], fd);
        CHECK_EQ(write(ends[1], "wrong", 5), 5);
        for (int i = 0; i < READS; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK(t_same(in, READS * SIZE, 0, 0));
        close(ends[0]);
        close(ends[1]);
    }
    t_figure(0, t_scale(500) * READS, "requests that met the wrong file");
    return 0;
}
