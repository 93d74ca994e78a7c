/* After close nothing is known of the descriptor: the next file at that number is served as what it is. */
#include "solaris.h"

int main(void)
{
    char buf[4];
    int file = t_filled(0, 64, 1), number = dup(file), p[2];
    aio_result_t r;
    t_pipe(p);
    for (int i = 0; i < 50; i++) {
        CHECK_OK(aioread(number, buf, 4, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, 4, 0);
        /* a pipe takes its place, where the offset does not count and a read blocks */
        CHECK_EQ(dup2(p[0], number), number);
        s_polled(&r);
        CHECK_OK(aioread(number, buf, 4, -7, SEEK_SET, &r));
        CHECK_EQ(write(p[1], "p", 1), 1);
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, 1, 0);
        CHECK_EQ(close(number), 0);
        CHECK_ERR(aioread(number, buf, 4, 0, SEEK_SET, &r), EBADF);
        CHECK_EQ(dup2(file, number), number);
        CHECK_ERR(aioread(number, buf, 4, -7, SEEK_SET, &r), EINVAL);
    }
    return 0;
}
