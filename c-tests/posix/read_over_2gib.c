/* One read of more than 2 GiB from a sparse file is not cut at the kernel's limit. */
/* timeout: 60 */
/* glibc: fails: one read ends at 2 GiB - 4 KiB */
#include "test.h"

int main(void)
{
    /* The buffer is the same 64 MiB again and again, so that it needs no 2 GiB of memory. */
    const size_t part = 64 << 20, size = (2ul << 30) + part;
    struct aiocb cb;
    int fd = memfd_create("file", 0), memory = memfd_create("buffer", 0);
    CHECK(fd >= 0 && memory >= 0);
    CHECK_EQ(ftruncate(fd, size + 5), 0);
    CHECK_EQ(pwrite(fd, "the end", 7, size - 2), 7);
    CHECK_EQ(ftruncate(memory, part), 0);
    char *buf = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(buf != MAP_FAILED);
    for (size_t at = 0; at < size; at += part)
        CHECK(mmap(buf + at, part, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) != MAP_FAILED);
    t_block(&cb, fd, buf, size, 3);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), size);
    CHECK(memcmp(buf + size - 5, "the e", 5) == 0);
    return 0;
}
