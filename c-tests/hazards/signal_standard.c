/* Each of many requests that end at once tells of itself, also by a signal of which the kernel keeps only one. */
/* glibc: may fail: signals that come while one is pending are dropped */
#include "test.h"

enum { COUNT = 32 };

int main(void)
{
    static struct aiocb cb[COUNT];
    static bool seen[COUNT];
    int data = t_data(COUNT * 512, 0);
    unsigned char *buf = t_pages(COUNT * 512, 0);
    t_block_signals();
    for (long n = t_scale(5); n > 0; n--) {
        memset(seen, 0, sizeof seen);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], data, buf + i * 512, 512, i * 512);
            t_sigev_signal(&cb[i], SIGUSR1, i);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_wait(&cb[i]), 0);
        for (int i = 0; i < COUNT; i++) {
            siginfo_t info = t_take_signal(SIGUSR1);
            int which = info.si_value.sival_int;
            CHECK_EQ(info.si_code, SI_ASYNCIO);
            CHECK(which >= 0 && which < COUNT && !seen[which]);
            seen[which] = true;
            CHECK_EQ(aio_return(&cb[which]), 512);
        }
    }
    t_no_signal();
    t_figure(0, t_scale(5) * COUNT, "signals lost");
    return 0;
}
