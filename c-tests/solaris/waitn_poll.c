/* aio_waitn that does not wait returns 0 with what there is, which may be nothing. */
#include "solaris.h"

int main(void)
{
    struct timespec zero = { 0, 0 };
    struct aiocb a, b, *list[4];
    char c, d;
    int p[2];
    unsigned n = 2;
    t_pipe(p);
    t_read_blocked(&a, p[0], &c, 1);
    t_read_blocked(&b, p[0], &d, 1);
    CHECK_OK(aio_waitn(list, 4, &n, &zero));
    CHECK_EQ(n, 0);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(t_wait(&a), 0);
    n = 2;
    CHECK_OK(aio_waitn(list, 4, &n, &zero));
    CHECK_EQ(n, 1);
    CHECK_PTR(list[0], &a);
    n = 1;
    CHECK_OK(aio_waitn(list, 4, &n, &zero));
    CHECK_EQ(n, 0);
    return 0;
}
