/* A program that calls nothing but aio_return, or nothing but aio_error, sees direct requests end. */
/* glibc: fails: aio_return gives 0 while a request is in progress */
#include "test.h"

int main(void)
{
    enum { N = 200 };
    static struct aiocb cb[N];
    unsigned char *buf = t_pages(N * 4096, 0);
    int fd = t_data(N * 4096, O_DIRECT);
    for (int i = 0; i < N; i++) {
        t_block(&cb[i], fd, buf + i * 4096, 4096, i * 4096);
        CHECK_EQ(aio_read(&cb[i]), 0);
    }
    for (int i = 0; i < N; i += 2) {
        ssize_t n;
        while ((n = aio_return(&cb[i])) < 0)
            CHECK_EQ(errno, EINVAL);
        CHECK_EQ(n, 4096);
        while (aio_error(&cb[i + 1]) == EINPROGRESS)
            continue;
        CHECK_EQ(aio_return(&cb[i + 1]), 4096);
    }
    return 0;
}
