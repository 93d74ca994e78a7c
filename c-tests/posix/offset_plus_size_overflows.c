/* Offset and size that together pass the largest offset: whatever pread and pwrite say. */
#include "test.h"

static void same(int (*submit)(struct aiocb *), int fd, char *buf, ssize_t want, int want_errno)
{
    struct aiocb cb;
    t_block(&cb, fd, buf, 4096, INT64_MAX - 100);
    CHECK_OK(submit(&cb));
    CHECK_EQ(t_wait(&cb), want < 0 ? want_errno : 0);
    CHECK_EQ(aio_return(&cb), want);
}

int main(void)
{
    char buf[4096] = "x";
    int fd = t_filled(0, 4096, 1);
    ssize_t want = pwrite(fd, buf, sizeof buf, INT64_MAX - 100);
    same(aio_write, fd, buf, want, errno);
    want = pread(fd, buf, sizeof buf, INT64_MAX - 100);
    same(aio_read, fd, buf, want, errno);
    int zero = open("/dev/zero", O_RDWR);
    want = pread(zero, buf, sizeof buf, INT64_MAX - 100);
    same(aio_read, zero, buf, want, errno);
    return 0;
}
