/* Direct reads of a program that has waited in aiowait so far are seen in memory, and told of by SIGIO, though nobody waits. */
#include "solaris.h"

enum { DEPTH = 32, SIZE = 4096 };

static aio_result_t r[DEPTH];
static char buf[DEPTH][SIZE] __attribute__((aligned(SIZE)));
static int fd;

static void submit(int i)
{
    s_polled(&r[i]);
    CHECK_EQ(aioread(fd, buf[i], SIZE, i * SIZE, SEEK_SET, &r[i]), 0);
}

/* By turns without a time, with one, and polling. */
static void waits(long count)
{
    struct timeval second = { 1, 0 };
    for (int i = 0; i < DEPTH; i++)
        submit(i);
    for (long n = 0, taken = 0; taken < count + DEPTH; n++) {
        aio_result_t *got = n % 3 == 0 ? s_take() : n % 3 == 1 ? aiowait(&second) : s_poll();
        if (got == NULL)
            continue;
        CHECK(got >= r && got < r + DEPTH);
        CHECK_RESULT(got, SIZE, 0);
        CHECK(t_same(buf[got - r], SIZE, (got - r) * SIZE, 0));
        if (taken++ < count)
            submit((int)(got - r));
    }
    CHECK_IDLE();
}

int main(void)
{
    fd = t_data(DEPTH * SIZE, O_DIRECT);
    for (long n = t_scale(20); n > 0; n--) {
        waits(300);
        for (int i = 0; i < DEPTH; i++)
            submit(i);
        for (int i = 0; i < DEPTH; i++)
            CHECK_EQ(s_spin(&r[i]), SIZE);
        for (int i = 0; i < DEPTH; i++)
            CHECK(s_poll() != NULL);
        CHECK_IDLE();
        waits(300);
        s_catch_sigio();
        long before = atomic_load(&s_sigios);
        submit(0);
        aio_result_t *got = NULL;
        /* the signal of a result that was taken already may be late: then one more comes */
        while (got == NULL) {
            while (atomic_load(&s_sigios) == before)
                sched_yield();
            before = atomic_load(&s_sigios);
            got = s_poll();
        }
        CHECK_PTR(got, &r[0]);
        CHECK(signal(SIGIO, SIG_DFL) != SIG_ERR);
    }
    return 0;
}
