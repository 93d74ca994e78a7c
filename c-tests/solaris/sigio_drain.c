/* A SIGIO handler that drains by a polling aiowait gets every result, though one signal may stand for several. */
#include "solaris.h"

enum { N = 3000, SLOTS = 16 };

static aio_result_t r[SLOTS];
static _Atomic int taken;
static atomic_bool busy[SLOTS];

static void on_sigio(int signo)
{
    int saved = errno;
    aio_result_t *got;
    (void)signo;
    while ((got = s_poll()) != NULL && got != S_FAILED) {
        CHECK(got >= r && got < r + SLOTS);
        CHECK_RESULT(got, 512, 0);
        CHECK(atomic_exchange(&busy[got - r], false));
        taken++;
    }
    errno = saved;
}

int main(void)
{
    static char buf[SLOTS][512];
    int fd = t_data(1 << 16, 0);
    t_handle(SIGIO, on_sigio, SA_RESTART);
    for (int i = 0; i < N; i++) {
        int slot = i % SLOTS;
        while (atomic_load(&busy[slot]))
            sched_yield();
        atomic_store(&busy[slot], true);
        s_result(&r[slot]);
        CHECK_EQ(aioread(fd, buf[slot], 512, i % 128 * 512, SEEK_SET, &r[slot]), 0);
    }
    while (taken < N)
        sched_yield();
    CHECK_EQ(taken, N);
    CHECK_IDLE();
    return 0;
}
