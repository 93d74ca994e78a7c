/* RLIMIT_FSIZE set between quick writes: the next one says EFBIG, and SIGXFSZ does not kill the program. */
#include "test.h"

int main(void)
{
    struct rlimit limit = { 1 << 20, RLIM_INFINITY };
    static char buf[4096];
    struct aiocb cb;
    int fd = t_file(0);
    /* Those that follow one that was quick may be made in this thread. */
    for (int i = 0; i < 100; i++) {
        t_block(&cb, fd, buf, sizeof buf, 0);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_wait(&cb), 0);
        CHECK_EQ(aio_return(&cb), (ssize_t)sizeof buf);
    }
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 10; i++) {
        t_block(&cb, fd, buf, sizeof buf, 1 << 20);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_wait(&cb), EFBIG);
        CHECK_EQ(aio_return(&cb), -1);
    }
    return 0;
}
