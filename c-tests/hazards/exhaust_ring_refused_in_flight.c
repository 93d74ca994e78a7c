/* Rings are refused to every thread while reads are in flight: what was accepted ends all the same, later requests succeed. */
#include "exhaust.h"

int main(void)
{
    static const int calls[] = { SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register };
    struct every e = every_open();
    struct aiocb piped, received, direct[16];
    char c = 0, d = 0;
    alarm(15);
    every_once(&e);
    t_read_blocked(&piped, e.pipe[0], &c, 1);
    t_read_blocked(&received, e.socket[0], &d, 1);
    for (int i = 0; i < 16; i++) {
        t_block(&direct[i], e.direct, e.buf + i * 4096, 4096, i * 4096);
        CHECK_EQ(aio_read(&direct[i]), 0);
    }
    x_refuse(calls, 3, EPERM, true);
    for (int i = 0; i < 16; i++)
        t_wait(&direct[i]);
    CHECK_EQ(write(e.pipe[1], "p", 1), 1);
    t_wait(&piped);
    aio_cancel(e.socket[0], &received);
    if (aio_error(&received) == EINPROGRESS)
        CHECK_EQ(write(e.socket[1], "s", 1), 1);
    t_wait(&received);
    every_close(&e);
    e = every_open();
    every_once(&e);
    return 0;
}
