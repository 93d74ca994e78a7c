/* aio_suspend with a timeout ends with EAGAIN, not before the time has passed. */
#include "test.h"

int main(void)
{
    static const long wait_ns[] = { 0, 1, 1000, 1000000, 30000000, 120000000 };
    int p[2];
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb, NULL };
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (int i = 0; i < 6; i++) {
        struct timespec timeout = { 0, wait_ns[i] };
        double start = t_now();
        CHECK_ERR(aio_suspend(list, 2, &timeout), EAGAIN);
        CHECK(t_now() - start >= (double)wait_ns[i] / 1e9);
        CHECK_EQ(timeout.tv_nsec, wait_ns[i]);
    }
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    return 0;
}
