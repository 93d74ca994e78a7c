/* A write at RLIMIT_FSIZE: EFBIG by aio_error, and SIGXFSZ does not kill the program. */
#include "test.h"

int main(void)
{
    struct rlimit limit = { 1 << 20, RLIM_INFINITY };
    static char buf[8192];
    struct stat st;
    struct aiocb cb;
    int fd = t_file(0);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 20; i++) {
        t_block(&cb, fd, buf, sizeof buf, (1 << 20) + i * 4096);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_wait(&cb), EFBIG);
        CHECK_EQ(aio_return(&cb), -1);
    }
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 0);
    return 0;
}
