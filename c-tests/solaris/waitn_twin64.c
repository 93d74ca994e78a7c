/* aio_waitn64 does the same as aio_waitn. */
#include "solaris.h"

int main(void)
{
    struct aiocb64 cb, *list[2];
    char c;
    int fd = t_filled(0, 64, 1);
    unsigned n = 1;
    t_block((struct aiocb *)&cb, fd, &c, 1, 0);
    CHECK_EQ(aio_read64(&cb), 0);
    CHECK_OK(aio_waitn64(list, 2, &n, NULL));
    CHECK_EQ(n, 1);
    CHECK_PTR(list[0], &cb);
    CHECK_EQ(aio_return64(&cb), 1);
    n = 3;
    CHECK_ERR(aio_waitn64(list, 2, &n, NULL), EINVAL);
    return 0;
}
