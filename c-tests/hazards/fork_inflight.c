/* In a forked child a block in flight in the parent answers EINVAL; the parent's request is not disturbed. */
/* glibc: fails: the child sees the parent's EINPROGRESS for ever */
#include "test.h"

int main(void)
{
    int ends[2], file = t_data(1 << 16, 0);
    char buf[16], in_child[16], *page = t_pages(4096, 0);
    t_pipe(ends);
    for (long n = t_scale(100); n > 0; n--) {
        struct aiocb cb, other;
        t_block(&cb, ends[0], buf, sizeof buf, 0);
        CHECK_EQ(aio_read(&cb), 0);
        pid_t pid = fork();
        if (pid == 0) {
            const struct aiocb *list[2] = { NULL, &cb };
            CHECK_ERR(aio_error(&cb), EINVAL);
            CHECK_ERR(aio_return(&cb), EINVAL);
            CHECK_EQ(aio_suspend(list, 2, NULL), 0);
            CHECK_EQ(aio_cancel(ends[0], &cb), AIO_ALLDONE);
            CHECK_EQ(aio_cancel(ends[0], NULL), AIO_ALLDONE);
            /* the same block is free for the child's own use */
            t_block(&cb, file, page, 4096, 4096);
            CHECK_EQ(aio_read(&cb), 0);
            t_block(&other, ends[0], in_child, 1, 0);
            CHECK_EQ(t_finish(&cb), 4096);
            CHECK(t_same(page, 4096, 4096, 0));
            _exit(0);
        }
        t_child_ok(pid);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "parent", 6), 6);
        CHECK_EQ(t_finish(&cb), 6);
        CHECK(memcmp(buf, "parent", 6) == 0);
    }
    return 0;
}
