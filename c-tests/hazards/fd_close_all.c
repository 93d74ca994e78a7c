/* A program that closes every descriptor from 3 on, by each of the calls, goes on doing AIO. */
#include "every.h"

int main(void)
{
    for (long n = t_scale(3); n > 0; n--)
        for (int how = 0; how < 3; how++) {
            struct every e = every_open();
            every_once(&e);
            if (how == 0) {
                for (int fd = 3; fd <= 1024; fd++)
                    close(fd);
            } else if (how == 1) {
                CHECK_EQ(close_range(3, ~0U, 0), 0);
            } else {
                closefrom(3);
            }
            CHECK_ERR(aio_cancel(e.pipe[0], NULL), EBADF);
            munmap(e.buf, 16 * 4096);
            e = every_open();
            every_once(&e);
            every_close(&e);
        }
    return 0;
}
