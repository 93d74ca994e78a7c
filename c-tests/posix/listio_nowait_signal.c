/* lio_listio(LIO_NOWAIT) returns at once; sig is delivered once, after the last. */
#include "test.h"

int main(void)
{
    enum { COUNT = 20 };
    int p[COUNT][2];
    char c[COUNT];
    struct aiocb cb[COUNT], *list[COUNT];
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 99 };
    t_block_signals();
    for (int i = 0; i < COUNT; i++) {
        t_pipe(p[i]);
        t_block(&cb[i], p[i][0], &c[i], 1, 0);
        cb[i].aio_lio_opcode = LIO_READ;
        list[i] = &cb[i];
    }
    CHECK_OK(lio_listio(LIO_NOWAIT, list, COUNT, &sig));
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(aio_error(&cb[i]), EINPROGRESS);
        if (i == COUNT - 1)
            t_no_signal();
        t_write_all(p[i][1], "x", 1);
        if (i < COUNT - 1)
            CHECK_EQ(t_finish(&cb[i]), 1);
    }
    siginfo_t info = t_take_signal(SIGRTMIN);
    CHECK_EQ(info.si_value.sival_int, 99);
    CHECK_EQ(info.si_code, SI_ASYNCIO);
    CHECK_EQ(aio_error(&cb[COUNT - 1]), 0);
    CHECK_EQ(aio_return(&cb[COUNT - 1]), 1);
    t_no_signal();
    return 0;
}
