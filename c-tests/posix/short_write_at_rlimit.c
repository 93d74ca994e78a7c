/* A write across RLIMIT_FSIZE is short: what fits is written, and SIGXFSZ does not kill the program. */
#include "test.h"

int main(void)
{
    struct rlimit limit = { 1 << 20, RLIM_INFINITY };
    static char buf[65536];
    struct stat st;
    struct aiocb cb;
    int fd = t_file(0);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    t_block(&cb, fd, buf, sizeof buf, (1 << 20) - 10000);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 10000);
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 1 << 20);
    return 0;
}
