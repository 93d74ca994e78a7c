/* aio_cancel(fd, NULL) reaches only requests made through that number, not those through a duplicate of it. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb;
    t_pipe(p);
    int twin = dup(p[0]);
    t_read_blocked(&cb, p[0], &c, 1);
    CHECK_EQ(aio_cancel(twin, NULL), AIO_ALLDONE);
    CHECK_ERR(aio_cancel(twin, &cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    return 0;
}
