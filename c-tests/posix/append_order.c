/* With O_APPEND writes take effect in call order, whatever their sizes and offsets. */
#include "test.h"

int main(void)
{
    enum { COUNT = 200, MAX = 20000 };
    static char buf[COUNT][MAX], got[MAX];
    struct aiocb cb[COUNT];
    int fd = t_file(O_APPEND);
    for (int i = 0; i < COUNT; i++) {
        size_t size = 1 + (size_t)i * 7919 % MAX;
        t_fill(buf[i], size, i);
        t_block(&cb[i], fd, buf[i], size, (COUNT - i) * 100);
        CHECK_OK(aio_write(&cb[i]));
    }
    off_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(t_finish(&cb[i]), cb[i].aio_nbytes);
        CHECK_EQ(pread(fd, got, cb[i].aio_nbytes, at), cb[i].aio_nbytes);
        CHECK(memcmp(got, buf[i], cb[i].aio_nbytes) == 0);
        at += cb[i].aio_nbytes;
    }
    CHECK_EQ(lseek(fd, 0, SEEK_END), at);
    return 0;
}
