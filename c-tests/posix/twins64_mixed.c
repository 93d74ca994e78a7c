/* A request made by one name is the same request under the other. */
#include "test.h"

int main(void)
{
    int p[2];
    char got[8];
    struct aiocb cb;
    struct aiocb64 *cb64 = (struct aiocb64 *)&cb;
    const struct aiocb64 *waited[] = { cb64 };
    struct timespec soon = { 0, 1000000 };
    t_pipe(p);
    t_read_blocked(&cb, p[0], got, sizeof got);
    CHECK_EQ(aio_error64(cb64), EINPROGRESS);
    CHECK_ERR(aio_suspend64(waited, 1, &soon), EAGAIN);
    t_write_all(p[1], "abc", 3);
    CHECK_OK(aio_suspend64(waited, 1, NULL));
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return64(cb64), 3);
    return 0;
}
