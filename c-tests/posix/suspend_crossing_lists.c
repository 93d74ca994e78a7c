/* Threads that wait on crossing lists each get their own requests. */
#include "test.h"

enum { THREADS = 6, ROUNDS = 500 };
static int p[THREADS][2], file;

static void *work(void *arg)
{
    int me = (int)(intptr_t)arg, to = (me + 1) % THREADS;
    char c, buf[512] = { 0 };
    for (int i = 0; i < ROUNDS; i++) {
        struct aiocb stream, disk;
        const struct aiocb *list[] = { &stream, NULL, &disk };
        t_block(&stream, p[me][0], &c, 1, 0);
        CHECK_OK(aio_read(&stream));
        t_block(&disk, file, buf, sizeof buf, i * 512);
        CHECK_OK(i % 2 ? aio_read(&disk) : aio_write(&disk));
        t_write_all(p[to][1], "x", 1);
        while (aio_error(&stream) == EINPROGRESS || aio_error(&disk) == EINPROGRESS) {
            if (aio_error(&stream) != EINPROGRESS)
                list[0] = NULL;
            if (aio_error(&disk) != EINPROGRESS)
                list[2] = NULL;
            CHECK_OK(aio_suspend(list, 3, NULL));
        }
        CHECK_EQ(aio_return(&stream), 1);
        CHECK_EQ(aio_return(&disk), sizeof buf);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread[THREADS];
    file = t_filled(0, ROUNDS * 512, 1);
    for (int i = 0; i < THREADS; i++)
        t_pipe(p[i]);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&thread[i], NULL, work, (void *)(intptr_t)i), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(thread[i], NULL), 0);
    return 0;
}
