/* 100 000 requests submitted without a wait, cached, uncached, direct, in lists and alone: every result is right. */
#include "test.h"

enum { COUNT = 100000, SIZE = 512, BLOCKS = 2048, LIST = 1000 };

int main(void)
{
    int fd[4] = { t_data(SIZE * BLOCKS, 0), t_data(SIZE * BLOCKS, 0), t_data(SIZE * BLOCKS, 0), t_file(0) };
    struct aiocb *cb = calloc(COUNT, sizeof *cb), **list = calloc(LIST, sizeof *list);
    unsigned char *buf = mmap(NULL, (size_t)COUNT * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *back = t_pages(SIZE, 0);
    CHECK(cb != NULL && list != NULL && buf != MAP_FAILED);
    for (int i = 0; i < COUNT; i++) {
        int which = i % 4;
        off_t off = which == 3 ? (off_t)i * SIZE : (off_t)((unsigned)i * 7919u % BLOCKS) * SIZE;
        t_block(&cb[i], fd[which], buf + (size_t)i * SIZE, SIZE, off);
        cb[i].aio_lio_opcode = which == 3 ? LIO_WRITE : LIO_READ;
        if (which == 3)
            t_pattern(buf + (size_t)i * SIZE, SIZE, off, 9);
        if (i % 2000 == 0) {
            posix_fadvise(fd[1], 0, 0, POSIX_FADV_DONTNEED);
            posix_fadvise(fd[2], 0, 0, POSIX_FADV_DONTNEED);
        }
        if (i / 10000 % 2 == 0) {
            CHECK_EQ(which == 3 ? aio_write(&cb[i]) : aio_read(&cb[i]), 0);
        } else {
            list[i % LIST] = &cb[i];
            if (i % LIST == LIST - 1)
                CHECK_EQ(lio_listio(LIO_NOWAIT, list, LIST, NULL), 0);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(t_finish(&cb[i]), SIZE);
        if (i % 4 != 3) {
            CHECK(t_same(buf + (size_t)i * SIZE, SIZE, cb[i].aio_offset, 0));
        } else {
            CHECK_EQ(pread(fd[3], back, SIZE, cb[i].aio_offset), SIZE);
            CHECK(t_same(back, SIZE, cb[i].aio_offset, 9));
        }
    }
    t_figure(0, COUNT, "outstanding requests lost");
    return 0;
}
