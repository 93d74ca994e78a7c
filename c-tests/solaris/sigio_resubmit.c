/* A program whose SIGIO handler asks for the next request goes on beside: its results do not come all within the handler. */
/* not under: tsan: puts a signal off until libc is called again */
#include "solaris.h"

/* A chain of so many calls of the handler, between which the program gets nowhere, is no accident any more. */
enum { TURNS = 3000, CHAIN_MAX = 20000 };

static aio_result_t r;
static char buf[512];
static int data;
static volatile long turns, turns_before, calls, chain;

static void on_sigio(int signo)
{
    int saved = errno;
    (void)signo;
    calls++;
    chain = turns == turns_before ? chain + 1 : 0;
    turns_before = turns;
    if (chain == CHAIN_MAX)
        FAIL("the handler was called %d times on end, after %ld turns of the program", CHAIN_MAX, turns);
    if (s_poll() == &r) {
        CHECK_RESULT(&r, 512, 0);
        s_result(&r);
        CHECK_EQ(aioread(data, buf, 512, calls % 128 * 512, SEEK_SET, &r), 0);
    }
    errno = saved;
}

int main(void)
{
    data = t_data(1 << 16, 0);
    t_handle(SIGIO, on_sigio, SA_RESTART);
    s_result(&r);
    CHECK_EQ(aioread(data, buf, 512, 0, SEEK_SET, &r), 0);
    for (long before = 0; turns < TURNS; turns++) {
        while (calls == before)
            sched_yield();
        before = calls;
    }
    t_figure(0, calls, "calls of a handler that asks for the next starved the program");
    return 0;
}
