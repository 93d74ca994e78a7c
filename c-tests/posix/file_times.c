/* A write marks the file as modified and a read as accessed, as write and read do; one of no bytes marks nothing. */
#include "test.h"

static struct stat of(int fd)
{
    struct stat st;
    CHECK_EQ(fstat(fd, &st), 0);
    return st;
}

int main(void)
{
    const struct timespec old[] = { { 1000000000, 0 }, { 1000000000, 0 } };
    char bytes[100] = "";
    struct aiocb cb;
    int fd = t_file(0);
    CHECK_EQ(pwrite(fd, bytes, sizeof bytes, 0), sizeof bytes);

    CHECK_EQ(futimens(fd, old), 0);
    t_block(&cb, fd, bytes, 0, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    CHECK_EQ(of(fd).st_mtime, old[1].tv_sec);

    t_block(&cb, fd, bytes, sizeof bytes, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), sizeof bytes);
    CHECK(of(fd).st_mtime > old[1].tv_sec);

    /* What pread does where the test runs: the mount options may say that nothing is marked. */
    CHECK_EQ(futimens(fd, old), 0);
    CHECK_EQ(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
    bool marks = of(fd).st_atime > old[0].tv_sec;
    CHECK_EQ(futimens(fd, old), 0);
    t_block(&cb, fd, bytes, sizeof bytes, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), sizeof bytes);
    CHECK_EQ(of(fd).st_atime > old[0].tv_sec, marks);
    return 0;
}
