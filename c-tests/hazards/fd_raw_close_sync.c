/* A number that a system call of the program's own gives to another file: a sync covers the writes since, whatever was known of it. */
#include <sys/syscall.h>

#include "test.h"

enum { COUNT = 32, SIZE = 65536 };

int main(void)
{
    static char buf[SIZE];
    struct aiocb cb[COUNT], sync;
    int other = t_file(0), number = dup(other);
    for (long n = t_scale(100); n > 0; n--) {
        for (int turn = 0; turn < 4; turn++) {
            t_block(&cb[0], number, buf, 1, 0);
            CHECK_OK(aio_write(&cb[0]));
            CHECK_EQ(t_finish(&cb[0]), 1);
        }
        int fresh = t_file(0);
        CHECK_EQ(syscall(SYS_dup2, fresh, number), number);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], number, buf, SIZE, i * SIZE);
            CHECK_OK(aio_write(&cb[i]));
        }
        t_block(&sync, number, NULL, 0, 0);
        CHECK_OK(aio_fsync(O_DSYNC, &sync));
        CHECK_EQ(t_wait(&sync), 0);
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(aio_error(&cb[i]), 0);
        CHECK_EQ(lseek(fresh, 0, SEEK_END), COUNT * SIZE);
        CHECK_EQ(close(fresh), 0);
    }
    return 0;
}
