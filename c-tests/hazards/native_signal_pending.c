/* A signal that the program blocks, and that is pending, stays so when native AIO is used for the first time. */
#include "test.h"

enum { SIZE = 4096, MANY = 80 };

int main(void)
{
    struct aiocb block;
    sigset_t blocked, pending;
    int fd = t_file(O_DIRECT);
    unsigned char *buf = t_pages(SIZE, 1);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &blocked, NULL), 0);
    CHECK_EQ(raise(SIGUSR1), 0); /* nobody catches it: it would end the process */
    for (int i = 0; i < MANY; i++) { /* auto begins with it at the 64th */
        t_block(&block, fd, buf, SIZE, 0);
        CHECK_EQ(aio_write(&block), 0);
        CHECK_EQ(t_finish(&block), SIZE);
    }
    CHECK_EQ(sigpending(&pending), 0);
    CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
    return 0;
}
