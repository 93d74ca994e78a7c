/* What had finished before the first aio_waitn is handed out by it, up to 4096 blocks. */
#include "solaris.h"

enum { N = 4096 };

int main(void)
{
    static struct aiocb cb[N], *list[N];
    static char buf[N][8];
    int fd = t_data(1 << 16, 0);
    unsigned n = N;
    for (int i = 0; i < N; i++) {
        t_block(&cb[i], fd, buf[i], 8, i % 1000 * 8);
        CHECK_EQ(aio_read(&cb[i]), 0);
    }
    CHECK_OK(aio_waitn(list, N, &n, NULL));
    CHECK_EQ(n, N);
    for (int i = 0; i < N; i++)
        CHECK_EQ(aio_return(list[i]), 8);
    return 0;
}
