/* An eventfd: a read waits for the counter, a write adds to it. */
#include "test.h"
#include <sys/eventfd.h>

int main(void)
{
    uint64_t got = 0, add = 5;
    int fd = eventfd(0, 0);
    struct aiocb reading;
    CHECK(fd >= 0);
    t_read_blocked(&reading, fd, &got, sizeof got);
    CHECK_EQ(write(fd, &add, sizeof add), sizeof add);
    CHECK_EQ(t_finish(&reading), sizeof got);
    CHECK_EQ(got, 5);
    t_block(&reading, fd, &add, sizeof add, 0);
    CHECK_OK(aio_write(&reading));
    CHECK_EQ(t_finish(&reading), sizeof add);
    CHECK_EQ(read(fd, &got, sizeof got), sizeof got);
    CHECK_EQ(got, 5);
    return 0;
}
