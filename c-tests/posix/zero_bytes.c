/* Zero bytes succeed with 0, on files and streams, with a NULL buffer, and leave the file alone. */
#include "test.h"

static void zero(int (*submit)(struct aiocb *), int fd, void *buf)
{
    struct aiocb cb;
    t_block(&cb, fd, buf, 0, 100000);
    CHECK_OK(submit(&cb));
    CHECK_EQ(t_finish(&cb), 0);
}

int main(void)
{
    int p[2], s[2];
    char c;
    struct stat st;
    int fd = t_filled(0, 100, 1);
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    for (int i = 0; i < 2; i++) {
        void *buf = i ? &c : NULL;
        zero(aio_read, fd, buf);
        zero(aio_write, fd, buf);
        zero(aio_read, p[0], buf);
        zero(aio_write, p[1], buf);
        zero(aio_read, s[0], buf);
        zero(aio_write, s[0], buf);
    }
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 100);
    return 0;
}
