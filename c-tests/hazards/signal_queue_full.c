/* With RLIMIT_SIGPENDING 1 every completion signal still arrives, and no result suffers from the full queue. */
/* glibc: fails: most signals are lost and good results become EAGAIN */
#include "test.h"

enum { COUNT = 200 };

int main(void)
{
    static struct aiocb cb[COUNT];
    static bool seen[COUNT];
    int data = t_data(COUNT * 512, 0), ends[2];
    unsigned char *buf = t_pages(COUNT * 512, 0);
    struct rlimit one = { 1, 1 };
    t_pipe(ends);
    CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &one), 0);
    /* the limit counts all signals queued for a user: be one of whom there is nobody else */
    if (getuid() == 0 && setuid((uid_t)(2000000 + getpid())) != 0)
        SKIP("cannot become a user of its own");
    t_block_signals();
    for (long n = t_scale(5); n > 0; n--) {
        memset(seen, 0, sizeof seen);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], data, buf + i * 512, 512, i * 512);
            t_sigev_signal(&cb[i], SIGRTMIN, i);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_wait(&cb[i]), 0); /* the result is there whether or not the signal got through */
        for (int i = 0; i < COUNT; i++) {
            siginfo_t info = t_take_signal(SIGRTMIN);
            int which = info.si_value.sival_int;
            CHECK_EQ(info.si_code, SI_ASYNCIO);
            CHECK(which >= 0 && which < COUNT && !seen[which]);
            seen[which] = true;
            CHECK_EQ(aio_return(&cb[which]), 512);
        }
        CHECK(t_same(buf, COUNT * 512, 0, 0));
    }
    t_no_signal();
    t_figure(0, t_scale(5) * COUNT, "signals lost");
    return 0;
}
