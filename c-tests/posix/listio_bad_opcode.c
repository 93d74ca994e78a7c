/* An entry with a bad opcode is refused alone: EINVAL for it, EIO for the call, sig once. */
/* glibc: fails: not refused */
#include "test.h"

int main(void)
{
    static const int bad[] = { 3, 4, 5, 128, 129, 256, -1, INT_MIN, INT_MAX };
    char c[3];
    struct aiocb cb[3], *list[] = { &cb[0], &cb[1], &cb[2] };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    int fd = t_filled(0, 3, 1);
    t_block_signals();
    for (int i = 0; i < 9; i++)
        for (int mode = LIO_WAIT; mode <= LIO_NOWAIT; mode++) {
            for (int k = 0; k < 3; k++) {
                t_block(&cb[k], fd, &c[k], 1, k);
                cb[k].aio_lio_opcode = k == 1 ? bad[i] : LIO_READ;
                t_sigev_signal(&cb[k], SIGRTMIN + 1, k);
            }
            CHECK_ERR(lio_listio(mode, list, 3, &sig), EIO);
            CHECK_EQ(aio_error(&cb[1]), EINVAL);
            CHECK_EQ(t_finish(&cb[0]), 1);
            CHECK_EQ(t_finish(&cb[2]), 1);
            int first = t_take_signal(SIGRTMIN + 1).si_value.sival_int;
            CHECK_EQ(first + t_take_signal(SIGRTMIN + 1).si_value.sival_int, 2);
            if (mode == LIO_NOWAIT)
                t_take_signal(SIGRTMIN);
        }
    t_no_signal();
    return 0;
}
