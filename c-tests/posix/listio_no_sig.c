/* LIO_NOWAIT with no sig, or one of SIGEV_NONE: nobody is told. */
#include "test.h"

int main(void)
{
    struct sigevent none = { .sigev_notify = SIGEV_NONE, .sigev_signo = SIGRTMIN };
    struct sigevent *sigs[] = { NULL, &none };
    char bytes[3];
    t_block_signals();
    int fd = t_filled(0, 3, 1);
    for (int i = 0; i < 2; i++) {
        struct aiocb cb[3], *list[3];
        for (int k = 0; k < 3; k++) {
            t_block(&cb[k], fd, &bytes[k], 1, k);
            cb[k].aio_lio_opcode = LIO_READ;
            list[k] = &cb[k];
        }
        CHECK_OK(lio_listio(LIO_NOWAIT, list, 3, sigs[i]));
        for (int k = 0; k < 3; k++)
            CHECK_EQ(t_finish(&cb[k]), 1);
    }
    t_no_signal();
    return 0;
}
