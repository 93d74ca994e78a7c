/* A sync covers requests on the file made through every descriptor of it, however opened. */
/* glibc: fails: each descriptor has its own queue */
#include "test.h"

int main(void)
{
    enum { COUNT = 80, SIZE = 65536 };
    struct aiocb cb[COUNT], sync;
    char *buf = aligned_alloc(4096, SIZE);
    memset(buf, 'x', SIZE);
    int fd[5];
    fd[0] = open("file", O_CREAT | O_RDWR, 0600);
    fd[1] = dup(fd[0]);
    fd[2] = open("file", O_RDWR | O_DIRECT);
    fd[3] = open("file", O_WRONLY | O_APPEND);
    fd[4] = open("file", O_RDONLY);
    if (fd[2] < 0)
        fd[2] = open("file", O_RDWR);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd[i % 4], buf, SIZE, i * SIZE);
            CHECK_OK(aio_write(&cb[i]));
        }
        t_block(&sync, fd[round % 5], NULL, 0, 0);
        CHECK_OK(aio_fsync(O_SYNC, &sync));
        while (aio_error(&sync) == EINPROGRESS)
            ;
        for (int i = 0; i < COUNT; i++)
            CHECK(aio_error(&cb[i]) != EINPROGRESS);
        CHECK_EQ(aio_return(&sync), 0);
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK_EQ(ftruncate(fd[0], 0), 0);
    }
    return 0;
}
