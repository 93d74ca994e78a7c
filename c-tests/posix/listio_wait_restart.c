/* LIO_WAIT is not interrupted by a handler installed with SA_RESTART. */
/* not under: tsan: puts a signal off until libc is called again */
#include "test.h"

static atomic_int handled;
static int p[2];

static void handler(int signo)
{
    (void)signo;
    if (++handled == 30)
        t_write_all(p[1], "x", 1);
}

int main(void)
{
    char c;
    struct aiocb cb, *list[] = { &cb };
    struct t_pinger pinger;
    t_pipe(p);
    t_handle(SIGUSR1, handler, SA_RESTART);
    for (int i = 0; i < 10; i++) {
        handled = 0;
        t_block(&cb, p[0], &c, 1, 0);
        cb.aio_lio_opcode = LIO_READ;
        t_start_pinging(&pinger, SIGUSR1);
        CHECK_OK(lio_listio(LIO_WAIT, list, 1, NULL));
        CHECK_EQ(aio_error(&cb), 0);
        t_stop_pinging(&pinger);
        CHECK(handled >= 30);
    }
    return 0;
}
