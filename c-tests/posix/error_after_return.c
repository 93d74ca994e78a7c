/* aio_error is still the final status after aio_return. */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    t_block(&cb, t_filled(0, 10, 1), buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 10);
    for (int i = 0; i < 3; i++)
        CHECK_OK(aio_error(&cb));
    t_block(&cb, -1, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EBADF);
    CHECK_EQ(aio_return(&cb), -1);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(aio_error(&cb), EBADF);
    return 0;
}
