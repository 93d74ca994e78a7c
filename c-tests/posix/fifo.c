/* A FIFO opened by name behaves as a pipe. */
#include "test.h"

int main(void)
{
    enum { SIZE = 300000 };
    static char want[SIZE], got[SIZE];
    struct aiocb reading, writing;
    CHECK_EQ(mkfifo("fifo", 0600), 0);
    int both = open("fifo", O_RDWR), to = open("fifo", O_WRONLY), from = open("fifo", O_RDONLY);
    CHECK(both >= 0 && to >= 0 && from >= 0);
    t_read_blocked(&reading, from, got, SIZE);
    t_fill(want, SIZE, 1);
    t_block(&writing, to, want, SIZE, 4096);
    CHECK_OK(aio_write(&writing));
    ssize_t n = t_finish(&reading);
    CHECK(n > 0 && n <= SIZE);
    t_read_all(both, got + n, SIZE - n);
    CHECK_EQ(t_finish(&writing), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
