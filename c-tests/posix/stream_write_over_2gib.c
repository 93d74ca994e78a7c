/* One write of more than 2 GiB to a pipe is not cut at the kernel's limit. */
/* timeout: 120 */
/* modes: preload */
/* glibc: fails: one write ends at 2 GiB - 4 KiB */
/* not under: memcheck: looks at all that is left of the buffer at each of many calls */
#include "test.h"

static void *drain(void *arg)
{
    int from = *(int *)arg, null = open("/dev/null", O_WRONLY);
    size_t total = 0;
    for (ssize_t n; (n = splice(from, NULL, null, NULL, 1 << 20, 0)) > 0;)
        total += (size_t)n;
    return (void *)total;
}

int main(void)
{
    const size_t part = 64 << 20, size = (2ul << 30) + 12345;
    int p[2], memory = memfd_create("buffer", 0);
    struct aiocb cb;
    pthread_t reader;
    void *total;
    t_pipe(p);
    fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
    CHECK_EQ(ftruncate(memory, part), 0);
    char *buf = mmap(NULL, size + part, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(buf != MAP_FAILED);
    for (size_t at = 0; at < size; at += part)
        CHECK(mmap(buf + at, part, PROT_READ, MAP_SHARED | MAP_FIXED, memory, 0) != MAP_FAILED);
    CHECK_EQ(pthread_create(&reader, NULL, drain, p), 0);
    t_block(&cb, p[1], buf, size, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), size);
    close(p[1]);
    CHECK_EQ(pthread_join(reader, &total), 0);
    CHECK_EQ((size_t)total, size);
    return 0;
}
