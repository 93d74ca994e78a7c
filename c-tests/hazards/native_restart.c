/* Handlers with SA_RESTART do not interrupt a wait for direct requests without a timeout, although native AIO knows no restart. */
#include "test.h"

static atomic_int handled;

static void handler(int signo)
{
    (void)signo;
    atomic_fetch_add(&handled, 1);
}

int main(void)
{
    enum { AT_ONCE = 8, SIZE = 65536, HANDLED = 1000 };
    int fd = t_data(AT_ONCE * SIZE, O_DIRECT);
    unsigned char *buf = t_pages(AT_ONCE * SIZE, 0);
    struct t_pinger pinger;
    t_handle(SIGUSR1, handler, SA_RESTART);
    t_start_pinging(&pinger, SIGUSR1);
    while (atomic_load(&handled) < t_scale(HANDLED)) {
        struct aiocb cb[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++) {
            t_block(&cb[i], fd, buf + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        for (int i = AT_ONCE; i-- > 0;) {
            const struct aiocb *list[1] = { &cb[i] };
            CHECK_OK(aio_suspend(list, 1, NULL));
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        }
    }
    t_stop_pinging(&pinger);
    CHECK(t_same(buf, AT_ONCE * SIZE, 0, 0));
    return 0;
}
