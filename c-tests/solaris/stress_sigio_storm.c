/* A handler called 5 000 times a second, and by SIGIO, drains by a polling aiowait while the main thread is in each call. */
/* timeout: 60 */
/* not under: tsan: its handler may be the first that needs a thread, whose start takes memory */
#include "solaris.h"

enum { SLOTS = 64, SIZE = 512 };

static struct { aio_result_t result; _Atomic bool busy; char buf[SIZE]; } slots[SLOTS];
static _Atomic long storms, sigios, handled;
static int data;
static aio_result_t own;
static char own_buf[SIZE];
static _Atomic bool own_busy;

static void took(aio_result_t *r)
{
    if (r == &own) {
        CHECK_RESULT(r, SIZE, 0);
        CHECK(atomic_exchange(&own_busy, false));
        return;
    }
    for (int i = 0; i < SLOTS; i++)
        if (r == &slots[i].result) {
            CHECK(r->aio_return == SIZE || r->aio_return == 1 || r->aio_return == 4096);
            CHECK(atomic_exchange(&slots[i].busy, false));
            handled++;
            return;
        }
    FAIL("aiowait gave %p", (void *)r);
}

static void on_signal(int signo)
{
    int saved = errno;
    aio_result_t *r;
    atomic_fetch_add(signo == SIGIO ? &sigios : &storms, 1);
    while ((r = s_poll()) != NULL && r != S_FAILED)
        took(r);
    if (r == S_FAILED)
        CHECK_EQ(errno, EINVAL);
    /* what a completion handler does: it asks for the next */
    if (!atomic_exchange(&own_busy, true)) {
        s_result(&own);
        CHECK_EQ(aioread(data, own_buf, SIZE, storms % 100 * SIZE, SEEK_SET, &own), 0);
    }
    errno = saved;
}

int main(void)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec every = { { 0, 200000 }, { 0, 200000 } };
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    timer_t timer;
    long asked = 0, cancelled = 0;
    int p[2], out = t_file(0), direct = t_data(1 << 16, O_DIRECT);
    static char aligned[SLOTS][4096] __attribute__((aligned(4096)));
    data = t_data(1 << 16, 0);
    t_pipe(p);
    /* neither handler interrupts the other, but both anything else */
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGIO), sigaddset(&action.sa_mask, SIGUSR1);
    CHECK_EQ(sigaction(SIGIO, &action, NULL), 0);
    CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
    double until = t_now() + s_seconds();
    for (unsigned turn = 0; t_now() < until; turn++) {
        int slot = (int)(turn % SLOTS);
        aio_result_t *r = &slots[slot].result;
        while (atomic_load(&slots[slot].busy)) {
            struct timeval little = { 0, 500 };
            aio_result_t *got = aiowait(&little);
            if (got == S_FAILED)
                CHECK(errno == EINTR || errno == EINVAL);
            else if (got != NULL)
                took(got);
        }
        atomic_store(&slots[slot].busy, true);
        s_result(r);
        off_t off = (off_t)(turn % 16) * 4096;
        asked++;
        switch (turn % 5) {
        case 0:
            CHECK_EQ(aioread(data, slots[slot].buf, SIZE, off, SEEK_SET, r), 0);
            break;
        case 1:
            CHECK_EQ(aiowrite(out, slots[slot].buf, SIZE, off, SEEK_SET, r), 0);
            break;
        case 2:
            CHECK_EQ(aioread(p[0], slots[slot].buf, 1, 0, SEEK_SET, r), 0);
            CHECK_EQ(write(p[1], "x", 1), 1);
            break;
        case 3:
            CHECK_EQ(aioread(p[0], slots[slot].buf, 1, 0, SEEK_SET, r), 0);
            if (aiocancel(r) == 0) {
                CHECK_RESULT(r, -1, ECANCELED);
                CHECK(atomic_exchange(&slots[slot].busy, false));
                cancelled++;
            } else {
                CHECK(errno == EACCES || errno == EINVAL);
                CHECK_EQ(write(p[1], "x", 1), 1);
            }
            break;
        default:
            CHECK_EQ(aioread(direct, aligned[slot], 4096, off, SEEK_SET, r), 0);
        }
    }
    every = (struct itimerspec){ 0 };
    CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
    for (int i = 0; i < SLOTS; i++)
        while (atomic_load(&slots[i].busy)) {
            aio_result_t *got = aiowait(NULL);
            if (got == S_FAILED)
                CHECK(errno == EINTR || (errno == EINVAL && !atomic_load(&slots[i].busy)));
            else
                took(got);
        }
    while (atomic_load(&own_busy)) {
        aio_result_t *got = aiowait(NULL);
        if (got != S_FAILED)
            took(got);
    }
    CHECK_EQ(handled + cancelled, asked);
    CHECK(storms > 0);
    printf("%ld timer signals, %ld SIGIO, %ld requests, %ld cancelled\n", (long)storms, (long)sigios, asked, cancelled);
    return 0;
}
