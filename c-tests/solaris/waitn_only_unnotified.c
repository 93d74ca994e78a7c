/* Requests with a signal, and those of aioread, are not counted by aio_waitn. */
#include "solaris.h"

int main(void)
{
    struct aiocb a, *list[4];
    char c, d;
    int fd = t_filled(0, 64, 1), p[2];
    unsigned n = 1;
    aio_result_t r;
    t_block_signals();
    t_pipe(p);
    t_block(&a, fd, &c, 1, 0);
    t_sigev_signal(&a, SIGUSR1, 1);
    CHECK_EQ(aio_read(&a), 0);
    s_blocked(p[0], &d, &r);
    CHECK_ERR(aio_waitn(list, 4, &n, NULL), EAGAIN);
    t_take_signal(SIGUSR1);
    n = 1;
    CHECK_ERR(aio_waitn(list, 4, &n, NULL), EAGAIN);
    CHECK_EQ(aio_return(&a), 1);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &r);
    n = 1;
    CHECK_ERR(aio_waitn(list, 4, &n, NULL), EAGAIN);
    return 0;
}
