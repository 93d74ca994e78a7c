/* RLIMIT_FSIZE set between O_DIRECT writes: the next one says EFBIG, and SIGXFSZ does not kill the program. */
#include "test.h"

enum { BLOCK = 8192 };

int main(void)
{
    struct rlimit limit = { 1 << 20, RLIM_INFINITY };
    struct aiocb cb;
    int fd = t_file(O_DIRECT);
    char *buf = t_pages(BLOCK, 'x');
    /* A thread that goes on for long enough may be given what hands these to the kernel itself. */
    for (int i = 0; i < 200; i++) {
        t_block(&cb, fd, buf, BLOCK, 0);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), BLOCK);
    }
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 10; i++) {
        t_block(&cb, fd, buf, BLOCK, (1 << 20) + i * BLOCK);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_wait(&cb), EFBIG);
        CHECK_EQ(aio_return(&cb), -1);
    }
    /* Across the limit: as much as fits. */
    t_block(&cb, fd, buf, BLOCK, (1 << 20) - 4096);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4096);
    return 0;
}
