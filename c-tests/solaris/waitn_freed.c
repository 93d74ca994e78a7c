/* A block whose memory is gone is not handed out by aio_waitn, and does no harm. */
#include "solaris.h"

int main(void)
{
    struct timespec zero = { 0, 0 };
    struct aiocb stuck, good, *list[8];
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    t_pipe(p);
    t_read_blocked(&stuck, p[0], &c, 1);
    for (int round = 0; round < 20; round++) {
        unsigned n = 8;
        for (int i = 0; i < 3; i++) {
            struct aiocb *cb = t_pages(4096, 0);
            t_block(cb, fd, &d, 1, 0);
            CHECK_EQ(aio_read(cb), 0);
            CHECK_EQ(t_wait(cb), 0);
            if (i == 0)
                CHECK_EQ(munmap(cb, 4096), 0);
            else if (i == 1)
                memset(cb, 0, 4096);
            else
                CHECK_EQ(mprotect(cb, 4096, PROT_NONE), 0);
        }
        t_block(&good, fd, &d, 1, 0);
        CHECK_EQ(aio_read(&good), 0);
        CHECK_EQ(t_wait(&good), 0);
        CHECK_OK(aio_waitn(list, 8, &n, &zero));
        CHECK_EQ(n, 1);
        CHECK_PTR(list[0], &good);
    }
    return 0;
}
