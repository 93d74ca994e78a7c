/* A thread that polls by aiowait does not count as blocked: SIGIO is sent. */
/* not under: tsan: to it, a signal does not order what was before and after */
#include "solaris.h"

static atomic_bool over;

static void *poller(void *arg)
{
    while (!atomic_load(&over))
        CHECK(s_poll() != S_FAILED);
    return arg;
}

int main(void)
{
    pthread_t thread;
    char c, d;
    int p[2], silent[2];
    aio_result_t r, stuck;
    t_pipe(p);
    t_pipe(silent);
    s_catch_sigio();
    s_blocked(silent[0], &d, &stuck);
    CHECK_EQ(pthread_create(&thread, NULL, poller, NULL), 0);
    for (long i = 1; i <= 100; i++) {
        s_blocked(p[0], &c, &r);
        CHECK_EQ(write(p[1], "x", 1), 1);
        s_await_sigio(i);
    }
    atomic_store(&over, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return 0;
}
