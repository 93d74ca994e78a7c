/* A program that closes every descriptor from 3 on, by each of the calls, closes none of ours and goes on doing AIO. */
#include "every.h"

enum { OPENED = 8 }; /* by every_open */
static int last;

static int count_open(void)
{
    int count = 0;
    for (int fd = 3; fd <= last; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

int main(void)
{
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    last = limit.rlim_cur < 20000 ? (int)limit.rlim_cur : 20000;
    closefrom(3); /* what was inherited */
    for (long n = t_scale(3); n > 0; n--)
        for (int how = 0; how < 3; how++) {
            struct every e = every_open();
            every_once(&e);
            int ours = count_open() - OPENED;
            if (how == 0) {
                for (int fd = 3; fd <= last; fd++)
                    close(fd);
            } else if (how == 1) {
                CHECK_EQ(close_range(3, ~0U, 0), 0);
            } else {
                closefrom(3);
            }
            CHECK_EQ(count_open(), ours);
            CHECK_ERR(aio_cancel(e.pipe[0], NULL), EBADF);
            munmap(e.buf, 16 * 4096);
            e = every_open();
            every_once(&e);
            every_close(&e);
        }
    return 0;
}
