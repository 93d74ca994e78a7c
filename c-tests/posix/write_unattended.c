/* Writes that no call waits for or asks about are made all the same, and a sync sees those before it. */
#include "test.h"

enum { COUNT = 8, SIZE = 4096 };

static bool is_there(int fd, char wanted)
{
    char c = 0;
    for (int i = 0; i < COUNT; i++)
        if (pread(fd, &c, 1, i * SIZE + SIZE - 1) != 1 || c != wanted)
            return false;
    return true;
}

int main(void)
{
    static char buf[SIZE];
    struct aiocb cb[COUNT], sync;
    int fds[2] = { memfd_create("memory", 0), t_file(0) };
    for (long n = t_scale(400); n > 0; n--) {
        int fd = fds[n & 1];
        memset(buf, (char)n, SIZE);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf, SIZE, i * SIZE);
            CHECK_OK(aio_write(&cb[i]));
        }
        if (n & 2) {
            t_block(&sync, fd, NULL, 0, 0);
            t_sigev_signal(&sync, SIGRTMIN, 7);
            t_block_signals();
            CHECK_OK(aio_fsync(O_DSYNC, &sync));
            CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, 7);
            CHECK(is_there(fd, (char)n));
        }
        for (int ms = 0; !is_there(fd, (char)n); ms++) {
            CHECK(ms < 5000);
            usleep(1000);
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
    }
    return 0;
}
