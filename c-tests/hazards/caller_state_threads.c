/* errno is what it was after aio_error and aio_return that found the work of several threads to be done. */
/* glibc: may fail: one request at a time per descriptor takes too long */
/* engines: auto native */
#include "test.h"

enum { THREADS = 12, DEPTH = 8, BLOCK = 4096, BLOCKS = 256 };

static int fd;

static void *poll_reads(void *unused)
{
    struct aiocb cb[DEPTH];
    bool busy[DEPTH] = { false };
    char *buf = t_pages((size_t)DEPTH * BLOCK, 0);
    unsigned turn = 0;
    for (long left = t_scale(3000); left > 0;) {
        for (int i = 0; i < DEPTH; i++) {
            if (busy[i]) {
                errno = 12345;
                int error = aio_error(&cb[i]);
                CHECK_EQ(errno, 12345);
                if (error == EINPROGRESS)
                    continue;
                CHECK_EQ(error, 0);
                CHECK_EQ(aio_return(&cb[i]), BLOCK);
                CHECK_EQ(errno, 12345);
                left--;
            }
            t_block(&cb[i], fd, buf + i * BLOCK, BLOCK, (off_t)(turn++ % BLOCKS) * BLOCK);
            CHECK_OK(aio_read(&cb[i]));
            busy[i] = true;
        }
    }
    for (int i = 0; i < DEPTH; i++)
        CHECK_EQ(t_wait(&cb[i]), 0);
    return unused;
}

int main(void)
{
    pthread_t thread[THREADS];
    fd = t_data((size_t)BLOCK * BLOCKS, O_DIRECT);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&thread[i], NULL, poll_reads, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(thread[i], NULL), 0);
    return 0;
}
