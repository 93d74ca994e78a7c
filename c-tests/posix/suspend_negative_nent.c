/* aio_suspend with a negative count: EINVAL, before anything else is looked at. */
#include "test.h"

int main(void)
{
    char buf[10];
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    t_block(&cb, t_filled(0, 10, 1), buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), 0);
    CHECK_ERR(aio_suspend(list, -1, NULL), EINVAL);
    CHECK_ERR(aio_suspend(list, INT_MIN, NULL), EINVAL);
    return 0;
}
