/* aio_waitn stores the finished blocks and their number; each still needs aio_return. */
#include "solaris.h"

enum { N = 64 };

int main(void)
{
    static struct aiocb cb[N];
    struct aiocb *list[N] = { 0 };
    bool seen[N] = { false };
    unsigned n = N;
    int fd = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), out = t_file(0);
    int fds[] = { fd, direct, out };
    for (int i = 0; i < N; i++) {
        t_block(&cb[i], fds[i % 3], t_pages(4096, 0), i % 3 == 1 ? 4096 : 512, i % 8 * 4096);
        CHECK_OK(i % 3 == 2 ? aio_write(&cb[i]) : aio_read(&cb[i]));
    }
    CHECK_OK(aio_waitn(list, N, &n, NULL));
    CHECK_EQ(n, N);
    for (int i = 0; i < N; i++) {
        CHECK(list[i] >= cb && list[i] < cb + N);
        CHECK(!seen[list[i] - cb]);
        seen[list[i] - cb] = true;
        CHECK_EQ(aio_error(list[i]), 0);
        CHECK_EQ(aio_return(list[i]), list[i]->aio_nbytes);
    }
    n = 1;
    CHECK_ERR(aio_waitn(list, N, &n, NULL), EAGAIN);
    CHECK_EQ(n, 0);
    return 0;
}
