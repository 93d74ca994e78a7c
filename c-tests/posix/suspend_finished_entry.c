/* aio_suspend returns 0 at once when any listed request is finished, even with a bad timespec. */
#include "test.h"

int main(void)
{
    int p[2];
    char c, buf[10];
    struct aiocb blocked, done;
    const struct aiocb *list[] = { NULL, &blocked, &done };
    struct timespec bad = { 0, -1 }, none = { 0, 0 };
    t_pipe(p);
    t_read_blocked(&blocked, p[0], &c, 1);
    t_block(&done, t_filled(0, 10, 1), buf, sizeof buf, 0);
    CHECK_OK(aio_read(&done));
    CHECK_EQ(t_wait(&done), 0);
    for (int i = 0; i < 2; i++) { /* The second time it is also returned. */
        CHECK_OK(aio_suspend(list, 3, &bad));
        CHECK_OK(aio_suspend(list, 3, &none));
        CHECK_OK(aio_suspend(list, 3, NULL));
        aio_return(&done);
    }
    CHECK_EQ(aio_error(&blocked), EINPROGRESS);
    return 0;
}
