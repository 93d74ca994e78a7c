/* LIO_WAIT interrupted by a signal leaves nothing behind in the caller's stack: later completions write nothing there. */
/* glibc: fails: its waiter entries stay linked in the dead frame */
#include "test.h"

enum { ENTRIES = 8 };
static int ends[ENTRIES][2];
static struct aiocb cb[ENTRIES];

static void ignore(int sig)
{
    (void)sig;
}

static __attribute__((noinline)) void interrupted(void)
{
    struct aiocb *list[ENTRIES];
    for (int i = 0; i < ENTRIES; i++)
        list[i] = &cb[i];
    CHECK_ERR(lio_listio(LIO_WAIT, list, ENTRIES, NULL), EINTR);
}

/* Its array lies where lio_listio had its frame. */
static __attribute__((noinline)) void finish_over_the_frame(void)
{
    volatile unsigned char frame[8192];
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = 0x5a;
    for (int i = 0; i < ENTRIES; i++)
        CHECK_EQ(write(ends[i][1], "f", 1), 1);
    for (int i = 0; i < ENTRIES; i++)
        while (aio_error(&cb[i]) == EINPROGRESS)
            sched_yield();
    for (size_t i = 0; i < sizeof frame; i++)
        if (frame[i] != 0x5a)
            FAIL("byte %zu of a dead frame was overwritten", i);
}

int main(void)
{
    static struct t_pinger pinger;
    char c[ENTRIES];
    for (int i = 0; i < ENTRIES; i++)
        t_pipe(ends[i]);
    t_handle(SIGUSR1, ignore, 0);
    for (long n = t_scale(100); n > 0; n--) {
        for (int i = 0; i < ENTRIES; i++) {
            t_block(&cb[i], ends[i][0], &c[i], 1, 0);
            cb[i].aio_lio_opcode = LIO_READ;
        }
        t_start_pinging(&pinger, SIGUSR1);
        interrupted();
        t_stop_pinging(&pinger);
        finish_over_the_frame();
        for (int i = 0; i < ENTRIES; i++)
            CHECK_EQ(t_finish(&cb[i]), 1);
    }
    return 0;
}
