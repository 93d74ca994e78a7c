/* /dev/zero, /dev/null and /dev/full answer as to read and write. */
#include "test.h"

static void one(const char *path, int (*submit)(struct aiocb *), off_t offset, int error, ssize_t count)
{
    static char buf[1 << 20];
    struct aiocb cb;
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0);
    memset(buf, 'x', sizeof buf);
    t_block(&cb, fd, buf, sizeof buf, offset);
    CHECK_OK(submit(&cb));
    CHECK_EQ(t_wait(&cb), error);
    CHECK_EQ(aio_return(&cb), count);
    if (submit == aio_read)
        for (ssize_t i = 0; i < count; i++)
            CHECK_EQ(buf[i], 0);
    close(fd);
}

int main(void)
{
    for (off_t offset = 0; offset <= 1 << 20; offset += 1 << 19) {
        one("/dev/zero", aio_read, offset, 0, 1 << 20);
        one("/dev/zero", aio_write, offset, 0, 1 << 20);
        one("/dev/null", aio_read, offset, 0, 0);
        one("/dev/null", aio_write, offset, 0, 1 << 20);
        one("/dev/full", aio_read, offset, 0, 1 << 20);
        one("/dev/full", aio_write, offset, ENOSPC, -1);
    }
    return 0;
}
