/* A block that is used again before aio_waitn counts once, as what it is then. */
#include "solaris.h"

int main(void)
{
    struct timespec zero = { 0, 0 };
    struct aiocb a, *list[4];
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    t_pipe(p);
    for (int i = 0; i < 50; i++) {
        unsigned n = 1;
        for (int k = 0; k < 5; k++) {
            t_block(&a, fd, &d, 1, 0);
            CHECK_EQ(aio_read(&a), 0);
            CHECK_EQ(t_wait(&a), 0);
        }
        a.aio_fildes = p[0], a.aio_buf = &c;
        CHECK_EQ(aio_read(&a), 0);
        CHECK_OK(aio_waitn(list, 4, &n, &zero));
        CHECK_EQ(n, 0);
        CHECK_EQ(write(p[1], "x", 1), 1);
        n = 4;
        CHECK_OK(aio_waitn(list, 4, &n, NULL));
        CHECK_EQ(n, 1);
        CHECK_PTR(list[0], &a);
        CHECK_EQ(aio_return(&a), 1);
    }
    return 0;
}
