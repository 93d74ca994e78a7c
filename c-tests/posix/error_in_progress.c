/* aio_error is EINPROGRESS for as long as a request runs, however often it is asked. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb;
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (int i = 0; i < 1000000; i++)
        if (aio_error(&cb) != EINPROGRESS)
            FAIL("not in progress after %d", i);
    t_write_all(p[1], "x", 1);
    while (aio_error(&cb) == EINPROGRESS)
        ;
    CHECK_OK(aio_error(&cb));
    CHECK_EQ(aio_return(&cb), 1);
    return 0;
}
