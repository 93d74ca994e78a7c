/* aio_return may be called without aio_error before it. */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    t_block(&cb, t_filled(0, 10, 1), buf, sizeof buf, 0);
    for (int i = 0; i < 100; i++) {
        CHECK_OK(aio_read(&cb));
        CHECK_OK(aio_suspend(list, 1, NULL));
        CHECK_EQ(aio_return(&cb), 10);
    }
    return 0;
}
