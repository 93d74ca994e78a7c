/* Several threads wait in aio_waitn while others submit: each block is handed out exactly once. */
#include "solaris.h"

enum { THREADS = 4, EACH = 3000 };

static struct aiocb cb[THREADS][EACH];
static char buf[THREADS][EACH];
static _Atomic int handed_out;
static atomic_bool submitted;
static int fd, out;

static void *submitter(void *arg)
{
    long me = (long)arg;
    for (int i = 0; i < EACH; i++) {
        t_block(&cb[me][i], i % 2 ? out : fd, &buf[me][i], 1, i % 4096);
        CHECK_EQ(i % 2 ? aio_write(&cb[me][i]) : aio_read(&cb[me][i]), 0);
    }
    return NULL;
}

static void *waiter(void *arg)
{
    struct aiocb *list[32];
    long me = (long)arg;
    for (unsigned turn = 0;; turn++) {
        unsigned n = 1 + turn % 32;
        struct timespec wait = { 0, turn * 7919 % 3000000 };
        /* asked before the call: "nothing outstanding" of a moment ago is no reason to go */
        bool last = atomic_load(&submitted);
        int got = aio_waitn(list, 32, &n, me % 2 ? &wait : NULL);
        CHECK(got == 0 || errno == ETIME || errno == EAGAIN);
        for (unsigned i = 0; i < n; i++)
            CHECK_EQ(aio_return(list[i]), 1);
        handed_out += (int)n;
        if (got != 0 && errno == EAGAIN && last)
            return NULL;
    }
}

int main(void)
{
    pthread_t s[THREADS], w[THREADS];
    struct aiocb *list[1];
    unsigned n = 1;
    fd = t_data(1 << 16, 0), out = t_file(0);
    /* before the first call only 4096 are remembered, which the submitters may exceed before any waiter runs */
    CHECK_ERR(aio_waitn(list, 1, &n, NULL), EAGAIN);
    for (long i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&w[i], NULL, waiter, (void *)i), 0);
    for (long i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&s[i], NULL, submitter, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(s[i], NULL), 0);
    atomic_store(&submitted, true);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(w[i], NULL), 0);
    /* aio_return has succeeded for each that was handed out, so none was twice */
    CHECK_EQ(handed_out, THREADS * EACH);
    return 0;
}
