/* LIO_WAIT ignores sig, good or bad. */
#include "test.h"

int main(void)
{
    char c;
    struct aiocb cb, *list[] = { &cb };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    t_block_signals();
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    cb.aio_lio_opcode = LIO_READ;
    CHECK_OK(lio_listio(LIO_WAIT, list, 1, &sig));
    CHECK_EQ(aio_return(&cb), 1);
    sig.sigev_signo = 65;
    CHECK_OK(lio_listio(LIO_WAIT, list, 1, &sig));
    sig.sigev_notify = SIGEV_THREAD;
    sig.sigev_notify_function = NULL;
    CHECK_OK(lio_listio(LIO_WAIT, list, 1, &sig));
    t_no_signal();
    return 0;
}
