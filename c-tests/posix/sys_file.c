/* A file of /sys is read as pread reads it, though its size says 4096. */
#include "test.h"

int main(void)
{
    char want[4096], got[4096];
    struct aiocb cb;
    int fd = open("/sys/devices/system/cpu/online", O_RDONLY);
    if (fd < 0)
        SKIP("no /sys");
    ssize_t n = pread(fd, want, sizeof want, 0);
    CHECK(n > 0);
    t_block(&cb, fd, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), n);
    CHECK(memcmp(got, want, n) == 0);
    t_block(&cb, fd, got, sizeof got, n);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
