/* Several syncs and writes between them all finish; no sync before what came before it. */
/* glibc: may fail: syncs are done side by side with the writes before them */
#include "test.h"

int main(void)
{
    enum { COUNT = 60, SIZE = 32768 };
    static char buf[SIZE];
    struct aiocb cb[COUNT];
    int fd = t_file(0);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf, SIZE, i * SIZE);
            CHECK_OK(i % 10 == 9 ? aio_fsync(O_DSYNC, &cb[i]) : aio_write(&cb[i]));
        }
        for (int i = 9; i < COUNT; i += 10) {
            CHECK_EQ(t_wait(&cb[i]), 0);
            for (int k = 0; k < i; k++)
                CHECK(k % 10 == 9 || aio_error(&cb[k]) != EINPROGRESS);
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), i % 10 == 9 ? 0 : SIZE);
    }
    return 0;
}
