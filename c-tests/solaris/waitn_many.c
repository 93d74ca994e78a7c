/* 20 000 finished requests are handed out 4096 at a time, those of lio_listio among them, none lost or twice. */
#include "solaris.h"

enum { N = 20000, MOST = 4096 };

int main(void)
{
    static struct aiocb cb[N], *list[MOST], *group[100];
    static char buf[N][8];
    static bool seen[N];
    int fd = t_data(1 << 16, 0), out = t_file(0);
    unsigned n = 1, total = 0;
    /* before the first call only so many are remembered */
    CHECK_ERR(aio_waitn(list, MOST, &n, NULL), EAGAIN);
    for (int i = 0; i < N; i++) {
        t_block(&cb[i], i % 2 ? out : fd, buf[i], 8, i % 1000 * 8);
        cb[i].aio_lio_opcode = i % 2 ? LIO_WRITE : LIO_READ;
    }
    for (int i = 0; i < N / 2; i++)
        CHECK_EQ(i % 2 ? aio_write(&cb[i]) : aio_read(&cb[i]), 0);
    for (int i = N / 2; i < N; i += 100) {
        for (int k = 0; k < 100; k++)
            group[k] = &cb[i + k];
        CHECK_EQ(lio_listio(i % 200 ? LIO_WAIT : LIO_NOWAIT, group, 100, NULL), 0);
    }
    while (total < N) {
        n = N - total < MOST ? N - total : MOST;
        CHECK_OK(aio_waitn(list, MOST, &n, NULL));
        CHECK(n > 0 && n <= MOST);
        for (unsigned i = 0; i < n; i++) {
            CHECK(!seen[list[i] - cb]);
            seen[list[i] - cb] = true;
            CHECK_EQ(aio_return(list[i]), 8);
        }
        total += n;
    }
    CHECK_EQ(total, N);
    return 0;
}
