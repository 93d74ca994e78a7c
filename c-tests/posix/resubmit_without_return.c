/* The same block is submitted again and again without aio_return. */
#include "test.h"

int main(void)
{
    char buf[64] = { 0 };
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    t_block(&cb, t_filled(0, 4096, 1), buf, sizeof buf, 0);
    for (int i = 0; i < 20000; i++) {
        CHECK_OK(i % 3 ? aio_read(&cb) : aio_write(&cb));
        CHECK_OK(aio_suspend(list, 1, NULL));
        CHECK_EQ(aio_error(&cb), 0);
    }
    CHECK_EQ(aio_return(&cb), sizeof buf);
    return 0;
}
