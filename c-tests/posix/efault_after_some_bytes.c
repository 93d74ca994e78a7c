/* A buffer that ends too early: what pread and pwrite say, a count, not EFAULT. */
/* not under: memcheck: bad buffers are what it is about */
#include "test.h"

int main(void)
{
    int fd = t_filled(0, 16384, 1);
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct aiocb cb;
    memset(pages, 'x', 8192);
    CHECK_EQ(munmap(pages + 4096, 4096), 0);
    CHECK(mmap(pages + 4096, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    ssize_t want = pread(fd, pages, 8192, 0);
    CHECK(want > 0 && want <= 4096);
    t_block(&cb, fd, pages, 8192, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), want);
    want = pwrite(fd, pages, 8192, 0);
    CHECK(want > 0 && want <= 4096);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), want);
    return 0;
}
