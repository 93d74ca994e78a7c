/* aio_waitn with nothing outstanding and nothing finished is EAGAIN, a poll too, and *nwait becomes 0. */
#include "solaris.h"

int main(void)
{
    struct timespec times[] = { { 0, 0 }, { 10, 0 } };
    struct aiocb cb, *list[4];
    char c;
    int fd = t_filled(0, 64, 1);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            unsigned n = 2;
            CHECK_ERR(aio_waitn(list, 4, &n, i < 2 ? &times[i] : NULL), EAGAIN);
            CHECK_EQ(n, 0);
        }
        t_block(&cb, fd, &c, 1, 0);
        CHECK_EQ(aio_read(&cb), 0);
        CHECK_EQ(t_finish(&cb), 1);
    }
    return 0;
}
