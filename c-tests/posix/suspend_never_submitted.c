/* aio_suspend returns 0 at once when a listed block was never submitted. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb blocked, never;
    const struct aiocb *list[] = { &blocked, &never };
    struct timespec bad = { 0, 1000000000 };
    t_pipe(p);
    t_read_blocked(&blocked, p[0], &c, 1);
    for (int byte = 0; byte < 256; byte++) {
        memset(&never, byte, sizeof never);
        CHECK_OK(aio_suspend(list, 2, NULL));
        CHECK_OK(aio_suspend(list, 2, &bad));
    }
    return 0;
}
