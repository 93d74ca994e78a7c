/* Writes on a pipe take effect in call order, one at a time, whatever their priorities are. */
/* glibc: fails: it puts the queue of the descriptor in order of priority */
#include "test.h"

int main(void)
{
    enum { COUNT = 100, SIZE = 20000 };
    static char buf[COUNT][SIZE], got[SIZE];
    int p[2];
    struct aiocb cb[COUNT];
    t_pipe(p);
    for (int i = 0; i < COUNT; i++) {
        t_fill(buf[i], SIZE, i);
        t_block(&cb[i], p[1], buf[i], SIZE - i * 100, 0);
        cb[i].aio_reqprio = 20 - i % 21;
        CHECK_OK(aio_write(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        t_read_all(p[0], got, SIZE - i * 100);
        CHECK(memcmp(got, buf[i], SIZE - i * 100) == 0);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE - i * 100);
    return 0;
}
