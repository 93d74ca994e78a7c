/* A block is handed out once by aio_waitn; aio_return gives its result afterwards. */
#include "solaris.h"

int main(void)
{
    struct timespec zero = { 0, 0 };
    struct aiocb a, stuck, *list[4];
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    t_pipe(p);
    t_read_blocked(&stuck, p[0], &c, 1);
    for (int i = 0; i < 100; i++) {
        unsigned n = 1;
        t_block(&a, fd, &d, 1, 0);
        CHECK_EQ(aio_read(&a), 0);
        CHECK_OK(aio_waitn(list, 4, &n, NULL));
        CHECK_EQ(n, 1);
        CHECK_PTR(list[0], &a);
        CHECK_OK(aio_waitn(list, 4, &n, &zero));
        CHECK_EQ(n, 0);
        CHECK_EQ(aio_error(&a), 0);
        CHECK_EQ(aio_return(&a), 1);
    }
    return 0;
}
