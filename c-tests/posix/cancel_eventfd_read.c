/* A read blocked on an eventfd is cancelled, the counter is kept. */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"
#include <sys/eventfd.h>

int main(void)
{
    uint64_t got = 0, add = 3;
    struct aiocb cb;
    int fd = eventfd(0, 0);
    t_read_blocked(&cb, fd, &got, sizeof got);
    CHECK_EQ(aio_cancel(fd, &cb), AIO_CANCELED);
    CHECK_EQ(aio_error(&cb), ECANCELED);
    CHECK_EQ(write(fd, &add, sizeof add), sizeof add);
    CHECK_EQ(read(fd, &got, sizeof got), sizeof got);
    CHECK_EQ(got, 3);
    return 0;
}
