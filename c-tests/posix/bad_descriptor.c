/* A bad descriptor is reported by aio_error as EBADF, not at the call. */
#include "test.h"

int main(void)
{
    int closed = dup(0);
    CHECK(closed >= 0);
    close(closed);
    const int bad[] = { -1, INT_MIN, INT_MAX, 1 << 20, closed };
    char buf[16];
    for (int i = 0; i < 5; i++) {
        struct aiocb cb;
        t_block(&cb, bad[i], buf, sizeof buf, 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_wait(&cb), EBADF);
        CHECK_EQ(aio_return(&cb), -1);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_wait(&cb), EBADF);
        CHECK_EQ(aio_return(&cb), -1);
    }
    return 0;
}
