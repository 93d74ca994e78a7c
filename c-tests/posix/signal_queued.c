/* Real-time signals are queued: one per request, each with its value. */
#include "test.h"

int main(void)
{
    enum { COUNT = 500 };
    static char c[COUNT];
    static struct aiocb cb[COUNT];
    bool seen[COUNT] = { false };
    t_block_signals();
    int fd = t_filled(0, COUNT, 1);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, &c[i], 1, i);
        t_sigev_signal(&cb[i], SIGRTMIN + 3, i);
        CHECK_OK(i % 2 ? aio_read(&cb[i]) : aio_write(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        int which = t_take_signal(SIGRTMIN + 3).si_value.sival_int;
        CHECK(which >= 0 && which < COUNT && !seen[which]);
        seen[which] = true;
        CHECK_EQ(aio_error(&cb[which]), 0);
        CHECK_EQ(aio_return(&cb[which]), 1);
    }
    t_no_signal();
    return 0;
}
