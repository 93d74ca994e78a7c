/* A second aio_return: -1 with EINVAL. */
/* glibc: fails: the old value again */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    t_block(&cb, t_filled(0, 10, 1), buf, sizeof buf, 0);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 10);
        CHECK_ERR(aio_return(&cb), EINVAL);
        CHECK_ERR(aio_return(&cb), EINVAL);
    }
    return 0;
}
