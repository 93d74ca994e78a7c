/* 8 threads submit while 4 sit in aiowait with random times and 2 cancel at random: each request has one outcome, once. */
/* timeout: 120 */
/* not under: tsan: requests share buffers of which nothing is wanted */
#include "solaris.h"

/* A round is 8 x 2 000 requests; rounds follow each other for UAIO_TORTURE_SECONDS. */
enum { SUBMITTERS = 8, WAITERS = 4, CANCELLERS = 2, EACH = 2000, SIZE = 64, STREAMS = 8 };

struct job {
    aio_result_t result;
    _Atomic int returned, cancelled;
    atomic_bool submitted;
    char buf[SIZE];
};

static struct job jobs[SUBMITTERS * EACH];
static _Atomic long outcomes, returned, cancelled, refused;
static atomic_bool all_submitted, over;
static int data, direct, out, append, streams[STREAMS][2];
/* Where direct reads go, whatever they find. */
static char pages[64][4096] __attribute__((aligned(4096)));

static unsigned long next(unsigned long *x)
{
    *x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
    return *x;
}

static void *submitter(void *arg)
{
    long me = (long)arg;
    unsigned long x = (unsigned long)(me + 1) * 0x9e3779b97f4a7c15u;
    for (int i = 0; i < EACH; i++) {
        struct job *job = &jobs[me * EACH + i];
        int error, kind = (int)(next(&x) % 8);
        bool polled = next(&x) % 2;
        polled ? s_polled(&job->result) : s_result(&job->result);
        do {
            if (kind < 2)
                error = aioread(direct, pages[i % 64], 4096, (off_t)(next(&x) % 8) * 4096, SEEK_SET, &job->result);
            else if (kind < 4)
                error = aioread(data, job->buf, SIZE, (off_t)(next(&x) % 512) * SIZE, SEEK_SET, &job->result);
            else if (kind == 4)
                error = aiowrite(out, job->buf, SIZE, (off_t)(next(&x) % 512) * SIZE, SEEK_SET, &job->result);
            else if (kind == 5)
                error = aiowrite(append, job->buf, SIZE, 0, SEEK_SET, &job->result);
            else
                error = aioread(streams[next(&x) % STREAMS][0], job->buf, 1, 0, SEEK_SET, &job->result);
            if (error != 0) {
                CHECK_EQ(errno, EAGAIN);
                sched_yield();
            }
        } while (error != 0);
        atomic_store(&job->submitted, true);
    }
    return NULL;
}

static void *waiter(void *arg)
{
    unsigned long x = (unsigned long)(uintptr_t)arg * 77 + 5;
    while (!atomic_load(&over)) {
        struct timeval time = { 0, (suseconds_t)(next(&x) % 3 == 0 ? 0 : next(&x) % 2000) };
        aio_result_t *got = aiowait(next(&x) % 8 == 0 && !atomic_load(&all_submitted) ? NULL : &time);
        if (got == NULL)
            continue;
        if (got == S_FAILED) {
            CHECK_EQ(errno, EINVAL);
            sched_yield();
            continue;
        }
        struct job *job = (struct job *)got;
        CHECK(job >= jobs && job < jobs + SUBMITTERS * EACH);
        CHECK(got->aio_return == SIZE || got->aio_return == 4096 || got->aio_return == 1);
        CHECK_EQ(got->aio_errno, 0);
        CHECK_EQ(atomic_fetch_add(&job->returned, 1), 0);
        atomic_fetch_add(&returned, 1);
        atomic_fetch_add(&outcomes, 1);
    }
    return NULL;
}

static void *canceller(void *arg)
{
    unsigned long x = (unsigned long)(uintptr_t)arg * 99 + 3;
    while (!atomic_load(&over)) {
        struct job *job = &jobs[next(&x) % (SUBMITTERS * EACH)];
        if (aiocancel(&job->result) == 0) {
            CHECK_EQ(atomic_fetch_add(&job->cancelled, 1), 0);
            CHECK_RESULT(&job->result, -1, ECANCELED);
            atomic_fetch_add(&cancelled, 1);
            atomic_fetch_add(&outcomes, 1);
        } else {
            CHECK(errno == EACCES || errno == EINVAL);
            atomic_fetch_add(&refused, 1);
        }
        if (next(&x) % 16 == 0)
            sched_yield();
    }
    return NULL;
}

/* Feeds the streams until every request has its outcome. */
static void *feeder(void *arg)
{
    for (unsigned i = 0; !atomic_load(&over); i++) {
        CHECK(write(streams[i % STREAMS][1], "x", 1) == 1 || errno == EAGAIN);
        if (i % STREAMS == 0)
            sched_yield();
    }
    return arg;
}

static void round_of_all(void)
{
    pthread_t s[SUBMITTERS], w[WAITERS], c[CANCELLERS], f;
    struct stat st;
    memset(jobs, 0, sizeof jobs);
    outcomes = 0;
    all_submitted = over = false;
    append = t_file(O_APPEND);
    for (int i = 0; i < STREAMS; i++) {
        t_pipe(streams[i]);
        CHECK_EQ(fcntl(streams[i][1], F_SETFL, O_NONBLOCK), 0);
    }
    for (long i = 0; i < WAITERS; i++)
        CHECK_EQ(pthread_create(&w[i], NULL, waiter, (void *)(i + 1)), 0);
    for (long i = 0; i < CANCELLERS; i++)
        CHECK_EQ(pthread_create(&c[i], NULL, canceller, (void *)(i + 1)), 0);
    for (long i = 0; i < SUBMITTERS; i++)
        CHECK_EQ(pthread_create(&s[i], NULL, submitter, (void *)i), 0);
    CHECK_EQ(pthread_create(&f, NULL, feeder, NULL), 0);
    for (int i = 0; i < SUBMITTERS; i++)
        CHECK_EQ(pthread_join(s[i], NULL), 0);
    atomic_store(&all_submitted, true);
    while (atomic_load(&outcomes) < SUBMITTERS * EACH)
        sched_yield();
    atomic_store(&over, true);
    for (int i = 0; i < WAITERS; i++)
        CHECK_EQ(pthread_join(w[i], NULL), 0);
    for (int i = 0; i < CANCELLERS; i++)
        CHECK_EQ(pthread_join(c[i], NULL), 0);
    CHECK_EQ(pthread_join(f, NULL), 0);
    CHECK_IDLE();
    CHECK_EQ(outcomes, SUBMITTERS * EACH);
    for (int i = 0; i < SUBMITTERS * EACH; i++) {
        CHECK_EQ(jobs[i].returned + jobs[i].cancelled, 1);
        if (jobs[i].cancelled)
            CHECK_RESULT(&jobs[i].result, -1, ECANCELED);
    }
    CHECK_EQ(fstat(append, &st), 0);
    CHECK_EQ(st.st_size % SIZE, 0);
    close(append);
    for (int i = 0; i < STREAMS; i++)
        close(streams[i][0]), close(streams[i][1]);
}

int main(void)
{
    double until = t_now() + s_seconds();
    long rounds = 0;
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), out = t_file(0);
    do {
        round_of_all();
        rounds++;
    } while (t_now() < until);
    printf("%ld rounds of %d requests: %ld returned, %ld cancelled, %ld cancels refused\n", rounds, SUBMITTERS * EACH,
           (long)returned, (long)cancelled, (long)refused);
    return 0;
}
