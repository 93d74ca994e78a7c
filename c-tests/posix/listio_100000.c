/* A list of 100000 entries, in both modes, with one notification at its end. */
/* glibc: may fail: each entry walks its list of requests, which takes quadratic time */
/* timeout: 60 */
#include "test.h"

int main(void)
{
    enum { COUNT = 100000, SIZE = 64 };
    static char want[COUNT * SIZE], got[COUNT * SIZE];
    static struct aiocb cb[COUNT], *list[COUNT];
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    t_block_signals();
    int fd = t_filled(0, sizeof want, 8);
    t_fill(want, sizeof want, 8);
    for (int mode = LIO_WAIT; mode <= LIO_NOWAIT; mode++) {
        memset(got, 0, sizeof got);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, got + i * SIZE, SIZE, i * SIZE);
            cb[i].aio_lio_opcode = LIO_READ;
            list[i] = &cb[i];
        }
        CHECK_OK(lio_listio(mode, list, COUNT, &sig));
        if (mode == LIO_NOWAIT)
            t_take_signal(SIGRTMIN);
        for (int i = 0; i < COUNT; i++) {
            CHECK_EQ(aio_error(&cb[i]), 0);
            CHECK_EQ(aio_return(&cb[i]), SIZE);
        }
        CHECK(memcmp(got, want, sizeof got) == 0);
    }
    t_no_signal();
    return 0;
}
