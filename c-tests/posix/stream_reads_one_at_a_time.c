/* Only the first of several reads of a stream ends when a little data comes. */
#include "test.h"

int main(void)
{
    enum { COUNT = 20 };
    char got[COUNT][10];
    int p[2];
    struct aiocb cb[COUNT];
    t_pipe(p);
    for (int i = 0; i < COUNT; i++)
        t_read_blocked(&cb[i], p[0], got[i], 10);
    for (int i = 0; i < COUNT; i++) {
        t_write_all(p[1], "abc", 3);
        CHECK_EQ(t_finish(&cb[i]), 3);
        for (int later = i + 1; later < COUNT; later++)
            CHECK_EQ(aio_error(&cb[later]), EINPROGRESS);
    }
    return 0;
}
