/* Of the requests that wait for a thread those with the smaller aio_reqprio go first, equal ones in call order. */
/* engines: auto native threads */
#include "slow.h"

enum { COUNT = 42, SIZE = 512, HELD = 4096 };

int main(void)
{
    struct aioinit one = { .aio_threads = 1, .aio_num = COUNT, .aio_idle_time = 1 };
    struct aiocb first, cb[COUNT];
    unsigned char *buf = t_pages(HELD + COUNT * SIZE, 0);
    t_block_signals();
    s_mount();
    aio_init(&one);
    int fd = s_open(0);
    s_hold(HELD);
    t_block(&first, fd, buf, SIZE, 0);
    CHECK_EQ(aio_read(&first), 0);
    s_arrived(&slow->reads, 1); /* it has the thread, and keeps it */
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, buf + HELD + i * SIZE, SIZE, HELD + i * SIZE);
        cb[i].aio_reqprio = i * 8 % 21;
        t_sigev_signal(&cb[i], SIGRTMIN, i);
        CHECK_EQ(aio_read(&cb[i]), 0);
    }
    s_hold(0);
    for (int i = 0, before = -1; i < COUNT; i++) {
        int now = t_take_signal(SIGRTMIN).si_value.sival_int;
        if (before != -1 && cb[now].aio_reqprio == cb[before].aio_reqprio)
            CHECK(now > before);
        else if (before != -1)
            CHECK(cb[now].aio_reqprio > cb[before].aio_reqprio);
        before = now;
        CHECK_EQ(t_finish(&cb[now]), SIZE);
    }
    CHECK(t_same(buf + HELD, COUNT * SIZE, HELD, 0));
    CHECK_EQ(t_finish(&first), SIZE);
    close(fd);
    s_unmount();
    return 0;
}
