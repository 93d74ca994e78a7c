/* What ended in several threads before the first aio_waitn is handed out by it, each block once. */
#include "solaris.h"

enum { THREADS = 24, EACH = 100 };

static struct aiocb cb[THREADS][EACH];
static char buf[THREADS][EACH];
static int fd;

static void *read_some(void *arg)
{
    long me = (long)arg;
    for (int i = 0; i < EACH; i++) {
        t_block(&cb[me][i], fd, &buf[me][i], 1, i);
        CHECK_OK(aio_read(&cb[me][i]));
        CHECK_EQ(t_wait(&cb[me][i]), 0);
    }
    return NULL;
}

int main(void)
{
    static struct aiocb *list[THREADS * EACH];
    unsigned n = THREADS * EACH;
    pthread_t threads[THREADS];
    fd = t_data(1 << 16, 0);
    for (long i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, read_some, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_OK(aio_waitn(list, THREADS * EACH, &n, NULL));
    CHECK_EQ(n, THREADS * EACH);
    /* Taken twice, a result would be an error. */
    for (unsigned i = 0; i < n; i++)
        CHECK_EQ(aio_return(list[i]), 1);
    return 0;
}
