/* An unknown sigev_notify in sig means none, and so does signal 0. */
#include "test.h"

int main(void)
{
    char c;
    struct aiocb cb, *list[] = { &cb };
    struct sigevent sig = { .sigev_signo = SIGRTMIN };
    t_block_signals();
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    cb.aio_lio_opcode = LIO_READ;
    for (int kind = 5; kind < 9; kind++) {
        sig.sigev_notify = kind;
        CHECK_OK(lio_listio(LIO_NOWAIT, list, 1, &sig));
        CHECK_EQ(t_finish(&cb), 1);
    }
    memset(&sig, 0, sizeof sig);
    CHECK_OK(lio_listio(LIO_NOWAIT, list, 1, &sig));
    CHECK_EQ(t_finish(&cb), 1);
    t_no_signal();
    return 0;
}
