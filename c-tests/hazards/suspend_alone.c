/* A wait for one request that ends at that very moment is woken, though nothing else happens that could wake it. */
#include "test.h"

static int ends[2];
static atomic_long wanted;

/* Ends the request as soon as it is told to. */
static void *feed(void *rounds)
{
    for (long n = 1; n <= *(long *)rounds; n++) {
        while (atomic_load(&wanted) < n)
            sched_yield();
        CHECK_EQ(write(ends[1], "x", 1), 1);
    }
    return NULL;
}

int main(void)
{
    long rounds = t_scale(5000), early = 0;
    pthread_t feeder;
    int pause = 1000;
    t_pipe(ends);
    CHECK_EQ(pthread_create(&feeder, NULL, feed, &rounds), 0);
    for (long n = 1; n <= rounds; n++) {
        struct aiocb cb;
        const struct aiocb *list[1] = { &cb };
        char c;
        t_block(&cb, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&cb), 0);
        atomic_store(&wanted, n);
        for (volatile int i = 0; i < pause; i++)
            ;
        /* so that half of the waits begin before the end, half of them after it */
        bool over = aio_error(&cb) == 0;
        early += !over;
        pause += over ? -(pause / 50) - 1 : pause / 50 + 1;
        pause = pause < 0 ? 0 : pause > 1000000 ? 1000000 : pause;
        t_woken(list, 1);
        CHECK_EQ(t_finish(&cb), 1);
    }
    CHECK_EQ(pthread_join(feeder, NULL), 0);
    printf("%ld waits began before the end\n", early);
    t_figure(0, rounds, "waits that outlasted their request");
    return 0;
}
