/* A list with nothing to do: LIO_WAIT returns 0, LIO_NOWAIT delivers sig at once. */
#include "test.h"

int main(void)
{
    struct aiocb nop[3], *list[6] = { &nop[0], NULL, &nop[1], NULL, NULL, &nop[2] };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    t_block_signals();
    for (int i = 0; i < 3; i++) {
        memset(&nop[i], 0x99, sizeof nop[i]);
        nop[i].aio_lio_opcode = LIO_NOP;
    }
    for (int nent = 0; nent <= 6; nent++) {
        CHECK_OK(lio_listio(LIO_WAIT, list, nent, NULL));
        CHECK_OK(lio_listio(LIO_NOWAIT, list, nent, NULL));
        sig.sigev_value.sival_int = nent;
        CHECK_OK(lio_listio(LIO_NOWAIT, list, nent, &sig));
        CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, nent);
    }
    t_no_signal();
    return 0;
}
