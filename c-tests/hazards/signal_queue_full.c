/* With RLIMIT_SIGPENDING 1 every completion signal still arrives, and no result suffers from the full queue. */
/* glibc: fails: most signals are lost and good results become EAGAIN */
#include "signals.h"

enum { COUNT = 200 };

int main(void)
{
    int data = t_data(COUNT * S_SIZE, 0), ends[2];
    unsigned char *buf = t_pages(COUNT * S_SIZE, 0);
    struct rlimit one = { 1, 1 };
    t_pipe(ends);
    CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &one), 0);
    /* the limit counts all signals queued for a user: be one of whom there is nobody else */
    if (getuid() == 0 && setuid((uid_t)(2000000 + getpid())) != 0)
        SKIP("cannot become a user of its own");
    t_block_signals();
    for (long n = t_scale(5); n > 0; n--) {
        signal_each(data, buf, COUNT, SIGRTMIN);
        CHECK(t_same(buf, COUNT * S_SIZE, 0, 0));
    }
    t_no_signal();
    t_figure(0, t_scale(5) * COUNT, "signals lost");
    return 0;
}
