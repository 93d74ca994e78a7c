/* Under LIO_NOWAIT the list and sig are copied at the call. */
#include "test.h"

int main(void)
{
    enum { COUNT = 20 };
    int p[2];
    char c[COUNT];
    struct aiocb cb[COUNT];
    t_block_signals();
    t_pipe(p);
    /* On pages of their own that are gone after the call. */
    struct aiocb **list = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigevent *sig = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sig->sigev_notify = SIGEV_SIGNAL;
    sig->sigev_signo = SIGRTMIN;
    sig->sigev_value.sival_int = 5;
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], p[0], &c[i], 1, 0);
        cb[i].aio_lio_opcode = LIO_READ;
        list[i] = &cb[i];
    }
    CHECK_OK(lio_listio(LIO_NOWAIT, list, COUNT, sig));
    munmap(list, 4096);
    munmap(sig, 4096);
    t_write_all(p[1], "01234567890123456789", COUNT);
    CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, 5);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), 1);
    return 0;
}
