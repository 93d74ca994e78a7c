/* An error after some bytes gives the count: the reader of a pipe goes away in the middle. */
#include "test.h"

int main(void)
{
    enum { SIZE = 1 << 20, TAKEN = 100000 };
    static char buf[SIZE], taken[TAKEN];
    int p[2];
    struct aiocb cb;
    t_pipe(p);
    int capacity = fcntl(p[0], F_GETPIPE_SZ);
    t_block(&cb, p[1], buf, SIZE, 0);
    CHECK_OK(aio_write(&cb));
    t_read_all(p[0], taken, TAKEN);
    close(p[0]);
    ssize_t n = t_finish(&cb);
    CHECK(n >= TAKEN && n <= TAKEN + capacity);
    return 0;
}
