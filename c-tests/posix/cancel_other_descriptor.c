/* aio_cancel with a block for another descriptor: EINVAL, and the request goes on. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb;
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    CHECK_ERR(aio_cancel(p[1], &cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    CHECK_ERR(aio_cancel(p[1], &cb), EINVAL);
    return 0;
}
