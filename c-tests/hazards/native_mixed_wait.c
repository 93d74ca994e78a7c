/* Waits for direct requests and a pipe end with the first of them, in threads that share what they wait for. */
#include "test.h"

enum { THREADS = 4, MANY = 24 };
static struct aiocb shared[THREADS][MANY];
static unsigned char *buf;
static int direct;
static pthread_barrier_t all;

static void *body(void *arg)
{
    uintptr_t me = (uintptr_t)arg;
    int ends[2];
    t_pipe(ends);
    for (long turn = 0; turn < t_scale(300); turn++) {
        struct aiocb pipe_read;
        char c;
        const struct aiocb *list[MANY + 1];
        for (int i = 0; i < MANY; i++) {
            t_block(&shared[me][i], direct, buf + (me * MANY + (unsigned)i) * 4096, 4096, i * 4096);
            CHECK_EQ(aio_read(&shared[me][i]), 0);
        }
        t_block(&pipe_read, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&pipe_read), 0);
        for (int left = MANY; left > 0;) { /* the pipe stays silent: only direct requests end these waits */
            list[0] = &pipe_read, left = 0;
            for (int i = 0; i < MANY; i++)
                if (aio_error(&shared[me][i]) == EINPROGRESS)
                    list[1 + left++] = &shared[me][i];
            if (left > 0)
                t_woken(list, 1 + left);
        }
        pthread_barrier_wait(&all);
        for (int i = 0; i < MANY; i++) /* all are over, and everybody agrees */
            CHECK_EQ(aio_error(&shared[(me + 1) % THREADS][i]), 0);
        pthread_barrier_wait(&all);
        CHECK_EQ(write(ends[1], "x", 1), 1);
        list[0] = &pipe_read;
        CHECK_EQ(aio_suspend(list, 1, NULL), 0);
        CHECK_EQ(aio_return(&pipe_read), 1);
        for (int i = 0; i < MANY; i++)
            CHECK_EQ(aio_return(&shared[me][i]), 4096);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    direct = t_data(MANY * 4096, O_DIRECT);
    buf = t_pages(THREADS * MANY * 4096, 0);
    CHECK_EQ(pthread_barrier_init(&all, NULL, THREADS), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, body, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return 0;
}
