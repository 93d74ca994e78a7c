/* O_DIRECT with a bad address or length: what pread and pwrite say, by aio_error. */
#include "test.h"

static void same(int (*submit)(struct aiocb *), int fd, char *buf, size_t n, off_t offset)
{
    struct aiocb cb;
    ssize_t want = submit == aio_read ? pread(fd, buf, n, offset) : pwrite(fd, buf, n, offset);
    int want_errno = want < 0 ? errno : 0;
    t_block(&cb, fd, buf, n, offset);
    CHECK_OK(submit(&cb));
    CHECK_EQ(t_wait(&cb), want_errno);
    CHECK_EQ(aio_return(&cb), want);
}

int main(void)
{
    int fd = t_file(O_DIRECT);
    char *buf = aligned_alloc(4096, 16384);
    memset(buf, 'x', 16384);
    CHECK_EQ(pwrite(fd, buf, 16384, 0), 16384);
    same(aio_read, fd, buf + 1, 4096, 0);
    same(aio_read, fd, buf, 4097, 0);
    same(aio_read, fd, buf, 4096, 1);
    same(aio_write, fd, buf + 1, 4096, 0);
    same(aio_write, fd, buf, 4097, 0);
    same(aio_write, fd, buf, 4096, 1);
    return 0;
}
