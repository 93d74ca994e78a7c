/* A bad descriptor in a list is no refusal: LIO_NOWAIT returns 0, aio_error says EBADF. */
#include "test.h"

int main(void)
{
    char c[2];
    struct aiocb cb[2], *list[] = { &cb[0], &cb[1] };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    t_block_signals();
    int fd = t_filled(0, 2, 1);
    for (int k = 0; k < 2; k++) {
        t_block(&cb[k], k ? -1 : fd, &c[k], 1, k);
        cb[k].aio_lio_opcode = LIO_READ;
        t_sigev_signal(&cb[k], SIGRTMIN + 1, k);
    }
    CHECK_OK(lio_listio(LIO_NOWAIT, list, 2, &sig));
    CHECK_EQ(t_finish(&cb[0]), 1);
    CHECK_EQ(t_wait(&cb[1]), EBADF);
    CHECK_EQ(aio_return(&cb[1]), -1);
    t_take_signal(SIGRTMIN);
    t_take_signal(SIGRTMIN + 1);
    t_take_signal(SIGRTMIN + 1);
    t_no_signal();
    return 0;
}
