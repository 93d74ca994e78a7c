/* With O_APPEND aio_reqprio does not change the order. */
/* glibc: fails: it puts the queue of the descriptor in order of priority */
#include "test.h"

int main(void)
{
    enum { COUNT = 200, SIZE = 5000 };
    static char buf[COUNT][SIZE], got[SIZE];
    struct aiocb cb[COUNT];
    int fd = t_file(O_APPEND);
    for (int i = 0; i < COUNT; i++) {
        t_fill(buf[i], SIZE, i);
        t_block(&cb[i], fd, buf[i], SIZE, 0);
        cb[i].aio_reqprio = 20 - i % 21;
        CHECK_OK(aio_write(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK_EQ(pread(fd, got, SIZE, (off_t)i * SIZE), SIZE);
        CHECK(memcmp(got, buf[i], SIZE) == 0);
    }
    return 0;
}
