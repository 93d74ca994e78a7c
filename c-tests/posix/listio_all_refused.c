/* A list of which every entry is refused: EIO, and under LIO_NOWAIT sig still once. */
/* glibc: fails: the call says EINVAL */
#include "test.h"

int main(void)
{
    char c;
    struct aiocb cb[2], *list[] = { &cb[0], &cb[1] };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    int fd = t_filled(0, 1, 1);
    t_block_signals();
    for (int k = 0; k < 2; k++) {
        t_block(&cb[k], fd, &c, 1, 0);
        cb[k].aio_lio_opcode = LIO_READ;
        cb[k].aio_reqprio = 21;
        t_sigev_signal(&cb[k], SIGRTMIN + 1, k);
    }
    CHECK_ERR(lio_listio(LIO_WAIT, list, 2, &sig), EIO);
    t_no_signal();
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, 2, &sig), EIO);
    t_take_signal(SIGRTMIN);
    CHECK_EQ(aio_error(&cb[0]), EINVAL);
    CHECK_EQ(aio_error(&cb[1]), EINVAL);
    t_no_signal();
    return 0;
}
