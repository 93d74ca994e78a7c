/* fstat is refused for want of memory once requests are outstanding: close and cancel find them all the same. */
/* glibc: fails: the writes are lost at close, and the read is never cancelled */
#include "exhaust.h"

int main(void)
{
    enum { WRITES = 16, SIZE = 4096 };
    static const int calls[] = { SYS_fstat };
    struct aiocb write_cb[WRITES], read_cb[2];
    unsigned char *out = t_pages(WRITES * SIZE, 0), *back = t_pages(SIZE, 0);
    int keep = t_file(0), ends[2], others[2];
    char name[64], c[2];
    snprintf(name, sizeof name, "/proc/self/fd/%d", keep);
    int fd = open(name, O_RDWR);
    t_pipe(ends);
    t_pipe(others);
    t_pattern(out, WRITES * SIZE, 0, 3);
    t_read_blocked(&read_cb[0], ends[0], &c[0], 1);
    t_read_blocked(&read_cb[1], others[0], &c[1], 1);
    for (int i = 0; i < WRITES; i++) {
        t_block(&write_cb[i], fd, out + i * SIZE, SIZE, i * SIZE);
        CHECK_EQ(aio_write(&write_cb[i]), 0);
    }
    x_refuse(calls, 1, ENOMEM, true);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(close(ends[0]), 0);
    CHECK_EQ(t_wait(&read_cb[0]), ECANCELED);
    CHECK_EQ(aio_cancel(others[0], NULL), AIO_CANCELED);
    CHECK_EQ(t_wait(&read_cb[1]), ECANCELED);
    for (int i = 0; i < WRITES; i++) {
        CHECK_EQ(t_finish(&write_cb[i]), SIZE);
        CHECK_EQ(pread(keep, back, SIZE, i * SIZE), SIZE);
        CHECK(t_same(back, SIZE, i * SIZE, 3));
    }
    return 0;
}
