/* Threads wait on crossing lists while others poll and complete: no wait lasts although an entry of it is finished. */
/* glibc: may fail: a block that ends and is used again while another thread waits for it may crash it */
/* not under: tsan: looks at blocks that other threads submit anew */
#include "test.h"

enum { THREADS = 4, SLOTS = 12, POLLERS = 2 };
static struct aiocb cb[THREADS][SLOTS];
static unsigned char *buf;
static int direct, data, ends[THREADS][2];
static atomic_bool stop;
static atomic_long waits;

static void *waiter(void *arg)
{
    uintptr_t me = (uintptr_t)arg;
    unsigned x = (unsigned)me * 7919 + 1;
    bool used[SLOTS] = { false };
    while (!atomic_load(&stop)) {
        const struct aiocb *list[SLOTS + THREADS];
        int count = 0;
        for (int i = 0; i < SLOTS; i++) {
            struct aiocb *mine = &cb[me][i];
            unsigned char *b = buf + (me * SLOTS + (unsigned)i) * 4096;
            if (used[i] && aio_error(mine) != EINPROGRESS) {
                CHECK_EQ(aio_error(mine), 0);
                CHECK(aio_return(mine) > 0);
                used[i] = false;
            }
            if (!used[i]) {
                x = x * 1103515245 + 12345;
                int kind = (int)(x >> 16) % 3;
                t_block(mine, kind == 0 ? direct : kind == 1 ? data : ends[me][0], b, kind == 2 ? 1 : 4096,
                        (off_t)(x >> 20) % 16 * 4096);
                CHECK_EQ(aio_read(mine), 0);
                if (kind == 2)
                    CHECK_EQ(write(ends[me][1], "x", 1), 1);
                used[i] = true;
            }
            list[count++] = x >> (8 + i) & 1 ? mine : NULL;
        }
        for (uintptr_t t = 0; t < THREADS; t++) { /* others' blocks too, which may end at any instant */
            struct aiocb *one = t == me ? &cb[me][x % SLOTS] : &cb[t][(x >> 8) % SLOTS];
            list[count++] = t == me || aio_error(one) == EINPROGRESS ? one : NULL;
        }
        t_woken(list, count);
        atomic_fetch_add(&waits, 1);
    }
    for (int i = 0; i < SLOTS; i++)
        if (used[i])
            CHECK(t_finish(&cb[me][i]) > 0);
    return NULL;
}

static void *poller(void *unused)
{
    while (!atomic_load(&stop)) {
        for (int t = 0; t < THREADS; t++)
            for (int i = 0; i < SLOTS; i++)
                aio_error(&cb[t][i]);
        sched_yield();
    }
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS + POLLERS];
    direct = t_data(1 << 16, O_DIRECT), data = t_data(1 << 16, 0);
    buf = t_pages(THREADS * SLOTS * 4096, 0);
    for (int t = 0; t < THREADS; t++)
        t_pipe(ends[t]);
    for (uintptr_t t = 0; t < THREADS; t++)
        CHECK_EQ(pthread_create(&threads[t], NULL, waiter, (void *)t), 0);
    for (int t = 0; t < POLLERS; t++)
        CHECK_EQ(pthread_create(&threads[THREADS + t], NULL, poller, NULL), 0);
    while (atomic_load(&waits) < t_scale(20000))
        usleep(1000);
    atomic_store(&stop, true);
    for (int t = 0; t < THREADS + POLLERS; t++)
        CHECK_EQ(pthread_join(threads[t], NULL), 0);
    t_figure(0, atomic_load(&waits), "waits that outlasted their request");
    return 0;
}
