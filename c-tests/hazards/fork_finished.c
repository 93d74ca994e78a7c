/* A block finished before fork gives its result once in the child and once in the parent. */
/* glibc: fails: aio_return gives the old value again */
#include "test.h"

static void once(struct aiocb *good, struct aiocb *bad)
{
    const struct aiocb *list[2] = { good, bad };
    CHECK_OK(aio_suspend(list, 2, NULL));
    CHECK_EQ(aio_error(good), 0);
    CHECK_EQ(aio_error(bad), EBADF);
    CHECK_EQ(aio_return(good), 4096);
    CHECK_EQ(aio_return(bad), -1);
    CHECK_ERR(aio_return(good), EINVAL);
    CHECK_ERR(aio_return(bad), EINVAL);
    CHECK_EQ(aio_error(good), 0);
}

int main(void)
{
    int file = t_data(1 << 16, 0);
    char *page = t_pages(4096, 0);
    for (long n = t_scale(20); n > 0; n--) {
        struct aiocb good, bad;
        t_block(&good, file, page, 4096, 8192);
        t_block(&bad, 1 << 28, page, 1, 0);
        CHECK_EQ(aio_read(&good), 0);
        CHECK_EQ(aio_read(&bad), 0);
        CHECK_EQ(t_wait(&good), 0);
        CHECK_EQ(t_wait(&bad), EBADF);
        pid_t pid = fork();
        if (pid == 0) {
            once(&good, &bad);
            _exit(0);
        }
        t_child_ok(pid);
        once(&good, &bad);
    }
    return 0;
}
