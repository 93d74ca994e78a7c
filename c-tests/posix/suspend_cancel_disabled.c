/* With cancellation disabled aio_suspend waits to the end, and the state stays as it was. */
#include "test.h"

static struct aiocb cb;
static sem_t ready;

static void *wait_for_it(void *arg)
{
    const struct aiocb *list[] = { &cb };
    int state;
    (void)arg;
    CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state), 0);
    sem_post(&ready);
    CHECK_OK(aio_suspend(list, 1, NULL));
    CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state), 0);
    CHECK_EQ(state, PTHREAD_CANCEL_DISABLE);
    return &cb;
}

int main(void)
{
    int p[2];
    char c;
    void *result;
    pthread_t thread;
    t_pipe(p);
    sem_init(&ready, 0, 0);
    for (int i = 0; i < 50; i++) {
        t_read_blocked(&cb, p[0], &c, 1);
        CHECK_EQ(pthread_create(&thread, NULL, wait_for_it, NULL), 0);
        CHECK_EQ(sem_wait(&ready), 0);
        CHECK_EQ(pthread_cancel(thread), 0);
        t_write_all(p[1], "x", 1);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == &cb);
        CHECK_EQ(aio_return(&cb), 1);
    }
    return 0;
}
