/* A handler jumps out of a wait for direct requests; another thread that waits for the same ones goes on. */
#include "test.h"
#include <setjmp.h>

enum { MANY = 100 };
static struct aiocb cb[MANY];
static sigjmp_buf out;
static volatile sig_atomic_t armed, jumps;

static void on_signal(int sig)
{
    (void)sig;
    if (armed) {
        armed = 0, jumps++;
        siglongjmp(out, 1);
    }
}

static void *other(void *unused)
{
    for (int i = 0; i < MANY; i++) {
        const struct aiocb *list[1] = { &cb[i] };
        t_woken(list, 1);
        CHECK_EQ(aio_error(&cb[i]), 0);
    }
    return unused;
}

static void wait_for_the_last(void)
{
    const struct aiocb *list[1] = { &cb[MANY - 1] };
    if (sigsetjmp(out, 1) != 0)
        return;
    armed = 1;
    while (aio_error(&cb[MANY - 1]) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    armed = 0;
}

int main(void)
{
    struct t_pinger pinger;
    unsigned char *buf = t_pages(MANY * 4096, 0);
    int fd = t_data(MANY * 4096, O_DIRECT);
    t_handle(SIGUSR1, on_signal, 0);
    t_start_pinging(&pinger, SIGUSR1);
    for (long turn = 0; turn < t_scale(100); turn++) {
        pthread_t thread;
        for (int i = 0; i < MANY; i++) {
            t_block(&cb[i], fd, buf + i * 4096, 4096, i * 4096);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        wait_for_the_last();
        CHECK_EQ(pthread_create(&thread, NULL, other, NULL), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        for (int i = 0; i < MANY; i++)
            CHECK_EQ(aio_return(&cb[i]), 4096);
    }
    t_stop_pinging(&pinger);
    return 0;
}
