/* aio_cancel races the arrival of data on a pipe: one outcome, one notification, no byte lost or taken twice. */
#include "race.h"

static int ends[2];
static atomic_long go;
static atomic_bool stop;

static void *writer(void *unused)
{
    for (long round = 1; !atomic_load(&stop); round++) {
        for (int spins = 0; atomic_load(&go) < round; spins++) {
            if (atomic_load(&stop))
                return NULL;
            if (spins > 1000)
                sched_yield();
        }
        CHECK_EQ(write(ends[1], "01234567", RACERS), RACERS);
        atomic_store(&go, -round);
        while (atomic_load(&go) < 0) {
            if (atomic_load(&stop))
                return NULL;
            sched_yield();
        }
    }
    return unused;
}

int main(void)
{
    struct race r = { 0 };
    pthread_t thread;
    t_block_signals();
    t_pipe(ends);
    CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    for (long round = 1, rounds = t_scale(2500); round <= rounds; round++) {
        char c[RACERS] = { 0 }, rest[RACERS];
        int verdict[RACERS] = { 0 };
        for (int i = 0; i < RACERS; i++) {
            t_block(&r.cb[i], ends[0], &c[i], 1, 0);
            t_sigev_signal(&r.cb[i], SIGRTMIN, i);
            CHECK_EQ(aio_read(&r.cb[i]), 0);
        }
        atomic_store(&go, round);
        if (round % 3 == 0)
            for (volatile int spin = 0; spin < round % 1000; spin++)
                ;
        bool all = round % 4 == 0;
        if (all)
            CHECK(aio_cancel(ends[0], NULL) >= 0);
        for (int i = 0; i < RACERS && !all; i++) {
            int k = round & 1 ? i : RACERS - 1 - i;
            verdict[k] = aio_cancel(ends[0], &r.cb[k]);
            CHECK(verdict[k] >= 0);
            if (verdict[k] == AIO_CANCELED)
                CHECK_EQ(aio_error(&r.cb[k]), ECANCELED);
            if (verdict[k] == AIO_ALLDONE)
                CHECK_EQ(aio_error(&r.cb[k]), 0);
        }
        while (atomic_load(&go) != -round)
            sched_yield();
        long cancelled = r.cancelled;
        race_settle(&r, verdict, !all, 1);
        /* bytes come in order to the reads in order; what the cancelled ones left is still there */
        int expect = 0;
        for (int i = 0; i < RACERS; i++)
            if (aio_error(&r.cb[i]) == 0)
                CHECK_EQ(c[i], '0' + expect++);
            else
                CHECK_EQ(c[i], 0);
        long left = r.cancelled - cancelled;
        CHECK_EQ(expect + left, RACERS);
        if (left > 0) {
            CHECK_EQ(read(ends[0], rest, RACERS), left);
            for (int i = 0; i < left; i++)
                CHECK_EQ(rest[i], '0' + expect++);
        }
        atomic_store(&go, 0);
    }
    atomic_store(&stop, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    printf("%ld cancelled, %ld done\n", r.cancelled, r.done);
    t_figure(0, r.cancelled + r.done, "races with two outcomes or none");
    return 0;
}
