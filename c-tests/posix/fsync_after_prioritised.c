/* A sync never overtakes writes because these have an aio_reqprio. */
/* glibc: fails: a sync overtakes queued writes with aio_reqprio > 0 */
#include "test.h"

int main(void)
{
    enum { COUNT = 512, SIZE = 8192 };
    static char buf[SIZE];
    struct aiocb cb[COUNT], sync;
    int fd = t_file(0);
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf, SIZE, i * SIZE);
            cb[i].aio_reqprio = 20 - i % 20;
            CHECK_OK(aio_write(&cb[i]));
        }
        t_block(&sync, fd, NULL, 0, 0);
        CHECK_OK(aio_fsync(O_DSYNC, &sync));
        while (aio_error(&sync) == EINPROGRESS)
            ;
        for (int i = 0; i < COUNT; i++)
            CHECK(aio_error(&cb[i]) != EINPROGRESS);
        CHECK_EQ(aio_return(&sync), 0);
    }
    return 0;
}
