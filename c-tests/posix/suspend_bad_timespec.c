/* aio_suspend that would have to wait, with a bad timespec: EINVAL. */
/* glibc: fails: not checked, EAGAIN */
#include "test.h"

int main(void)
{
    static const long bad[] = { -1, 1000000000, LONG_MAX, LONG_MIN };
    int p[2];
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    t_pipe(p);
    t_read_blocked(&cb, p[0], &c, 1);
    for (int i = 0; i < 4; i++) {
        struct timespec timeout = { 0, bad[i] };
        CHECK_ERR(aio_suspend(list, 1, &timeout), EINVAL);
    }
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    return 0;
}
