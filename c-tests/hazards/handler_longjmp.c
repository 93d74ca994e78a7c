/* A handler that leaves aio_suspend by siglongjmp (it is async-signal-safe) leaves no trace in later waits. */
/* glibc: may fail: the waiter entry in the abandoned stack frame stays linked */
#include "test.h"
#include <setjmp.h>

static sigjmp_buf out;
static volatile sig_atomic_t armed;

static void on_signal(int sig)
{
    (void)sig;
    if (armed) {
        armed = 0;
        siglongjmp(out, 1);
    }
}

static __attribute__((noinline)) void overwrite_stack(void)
{
    volatile unsigned char waste[16384];
    for (size_t i = 0; i < sizeof waste; i++)
        waste[i] = 0x5a;
}

int main(void)
{
    int ends[2], data = t_data(1 << 16, O_DIRECT);
    unsigned char *page = t_pages(4096, 0);
    static struct aiocb cb, file;
    static struct t_pinger pinger;
    static char c;
    t_pipe(ends);
    t_handle(SIGUSR1, on_signal, 0);
    t_start_pinging(&pinger, SIGUSR1);
    for (volatile long n = t_scale(300); n > 0; n--) {
        const struct aiocb *list[1] = { &cb };
        struct timespec bound = { 10, 0 };
        t_block(&cb, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&cb), 0);
        if (sigsetjmp(out, 1) == 0) {
            armed = 1;
            aio_suspend(list, 1, n & 1 ? NULL : &bound);
            FAIL("aio_suspend returned");
        }
        overwrite_stack();
        t_block(&file, data, page, 4096, 4096);
        CHECK_EQ(aio_read(&file), 0);
        CHECK_EQ(t_finish(&file), 4096);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "l", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);
        CHECK_EQ(c, 'l');
    }
    t_stop_pinging(&pinger);
    return 0;
}
