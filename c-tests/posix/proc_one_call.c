/* A read from a file of /proc is one system call: the count is pread's, not continued. */
#include "test.h"

int main(void)
{
    static const char *const paths[] = { "/proc/kallsyms", "/proc/filesystems", "/proc/self/mountinfo", "/proc/version" };
    static char want[100000], got[100000];
    for (int i = 0; i < 4; i++) {
        struct aiocb cb;
        int fd = open(paths[i], O_RDONLY);
        if (fd < 0)
            continue;
        ssize_t n = pread(fd, want, sizeof want, 0);
        CHECK(n > 0);
        t_block(&cb, fd, got, sizeof got, 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), n);
        CHECK(memcmp(got, want, n) == 0);
        close(fd);
    }
    return 0;
}
