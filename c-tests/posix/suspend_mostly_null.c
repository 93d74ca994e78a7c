/* aio_suspend over 256 entries, mostly NULL, with timeouts, again and again. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb cb;
    const struct aiocb *list[256] = { NULL };
    struct timespec timeout = { 0, 100000 }, plenty = { 100, 0 };
    t_pipe(p);
    for (int i = 0; i < 256; i++) {
        t_read_blocked(&cb, p[0], &c, 1);
        list[i] = &cb;
        CHECK_ERR(aio_suspend(list, 256, &timeout), EAGAIN);
        t_write_all(p[1], "x", 1);
        CHECK_OK(aio_suspend(list, 256, &plenty));
        CHECK_EQ(aio_error(&cb), 0);
        CHECK_EQ(aio_return(&cb), 1);
        list[i] = NULL;
    }
    return 0;
}
