/* A program may put its own files on every number, by dup2 and dup3, ours if there are any included, and AIO goes on. */
#include "every.h"

enum { MOST = 20000 };

int main(void)
{
    struct rlimit limit;
    struct every e = every_open();
    struct stat want, got;
    int file = t_data(4096, 0), count = 0;
    char buf[4096];
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int end = limit.rlim_cur < MOST ? (int)limit.rlim_cur : MOST;
    CHECK_EQ(fstat(file, &want), 0);
    every_once(&e);
    for (long n = t_scale(2); n > 0; n--) {
        struct aiocb pending[2];
        char c[2];
        t_read_blocked(&pending[0], e.pipe[0], &c[0], 1);
        t_read_blocked(&pending[1], e.socket[0], &c[1], 1);
        for (int fd = file + 1; fd < end; fd++)
            CHECK_EQ(fd & 1 ? dup2(file, fd) : dup3(file, fd, O_CLOEXEC), fd);
        for (int fd = file + 1; fd < end; fd++) {
            CHECK_EQ(fstat(fd, &got), 0);
            CHECK(got.st_ino == want.st_ino && got.st_dev == want.st_dev);
            if (fd % 64 == 0 || fd > end - 100) {
                struct aiocb cb;
                t_block(&cb, fd, buf, 512, 512);
                CHECK_EQ(aio_read(&cb), 0);
                CHECK_EQ(t_finish(&cb), 512);
                CHECK(t_same(buf, 512, 512, 0));
                count++;
            }
        }
        CHECK_EQ(write(e.pipe[1], "x", 1), 1);
        CHECK_EQ(write(e.socket[1], "x", 1), 1);
        CHECK_EQ(t_finish(&pending[0]), 1);
        CHECK_EQ(t_finish(&pending[1]), 1);
        every_once(&e);
        /* nobody wrote to it thinking that it is something else */
        CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
        CHECK_EQ(pread(file, buf, 4096, 0), 4096);
        CHECK(t_same(buf, 4096, 0, 0));
        for (int fd = file + 1; fd < end; fd++)
            CHECK_EQ(close(fd), 0);
        every_once(&e);
    }
    CHECK(count > 0);
    return 0;
}
