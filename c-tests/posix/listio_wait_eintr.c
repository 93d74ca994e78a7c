/* LIO_WAIT is interrupted by a handler without SA_RESTART: EINTR, the requests go on. */
/* glibc: fails: pointers into the dead frame of the call are left */
#include "test.h"

static void handler(int signo)
{
    (void)signo;
}

static int __attribute__((noinline)) interrupted(struct aiocb *cb, int count)
{
    struct aiocb *list[64];
    for (int i = 0; i < count; i++)
        list[i] = &cb[i];
    return lio_listio(LIO_WAIT, list, count, NULL);
}

int main(void)
{
    enum { COUNT = 10 };
    int p[2];
    char c[COUNT];
    struct aiocb cb[COUNT];
    struct t_pinger pinger;
    t_pipe(p);
    t_handle(SIGUSR1, handler, 0);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], p[0], &c[i], 1, 0);
            cb[i].aio_lio_opcode = LIO_READ;
        }
        t_start_pinging(&pinger, SIGUSR1);
        CHECK_ERR(interrupted(cb, COUNT), EINTR);
        t_stop_pinging(&pinger);
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(aio_error(&cb[i]), EINPROGRESS);
        t_write_all(p[1], "0123456789", COUNT);
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), 1);
    }
    return 0;
}
