/* A buffer that cannot be read or written: EFAULT by aio_error, never a crash. */
/* not under: memcheck: bad buffers are what it is about */
#include "test.h"

static void efault(int (*submit)(struct aiocb *), int fd, void *buf)
{
    struct aiocb cb;
    t_block(&cb, fd, buf, 100, 0);
    CHECK_OK(submit(&cb));
    CHECK_EQ(t_wait(&cb), EFAULT);
    CHECK_EQ(aio_return(&cb), -1);
}

int main(void)
{
    int p[2];
    int fd = t_filled(0, 4096, 1);
    void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *bad[] = { NULL, none, (void *)8, (void *)(UINTPTR_MAX - 4095) };
    t_pipe(p);
    t_write_all(p[1], "something", 9);
    for (int i = 0; i < 4; i++) {
        efault(aio_read, fd, bad[i]);
        efault(aio_write, fd, bad[i]);
        efault(aio_write, p[1], bad[i]);
        efault(aio_read, p[0], bad[i]);
    }
    return 0;
}
