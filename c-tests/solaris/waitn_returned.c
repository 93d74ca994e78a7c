/* A block whose result aio_return has given is not handed out by aio_waitn, nor one that was refused. */
#include "solaris.h"

int main(void)
{
    struct timespec zero = { 0, 0 };
    struct aiocb a[3], stuck, *list[4];
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    t_pipe(p);
    for (int i = 0; i < 100; i++) {
        unsigned n = 4;
        for (int k = 0; k < 3; k++) {
            t_block(&a[k], fd, &d, 1, 0);
            CHECK_EQ(aio_read(&a[k]), 0);
            CHECK_EQ(t_wait(&a[k]), 0);
        }
        CHECK_EQ(aio_return(&a[0]), 1);
        a[2].aio_reqprio = -1;
        CHECK_ERR(aio_read(&a[2]), EINVAL);
        if (i == 50)
            t_read_blocked(&stuck, p[0], &c, 1);
        CHECK_OK(aio_waitn(list, 4, &n, &zero));
        CHECK_EQ(n, 1);
        CHECK_PTR(list[0], &a[1]);
    }
    return 0;
}
