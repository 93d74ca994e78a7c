/* Setting the clock changes nothing: the library never asks for the time of day, and no wait of its goes by it. */
/* glibc: fails: aio_suspend turns its timeout into a time of day */
#include "every.h"
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/time.h>

static atomic_int asked;

/* In libc's place, also for the library. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)
        FAIL("asked for clock %d", clock);
    atomic_fetch_add(&asked, 1);
    return (int)syscall(SYS_clock_gettime, clock, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)now, (void)zone;
    FAIL("gettimeofday was called");
}

time_t time(time_t *now)
{
    (void)now;
    FAIL("time was called");
}

/* A futex wait that goes by the time of day kills the program. */
static void forbid_realtime_waits(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FUTEX_CLOCK_REALTIME, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp filters here");
}

int main(void)
{
    forbid_realtime_waits();
    struct every e = every_open();
    struct aiocb cb;
    const struct aiocb *list[1] = { &cb };
    char c;
    for (long n = t_scale(20); n > 0; n--) {
        struct timespec bound = { 0, 5000000 };
        every_once(&e);
        t_read_blocked(&cb, e.pipe[0], &c, 1);
        double began = t_now();
        int before = atomic_load(&asked);
        CHECK_ERR(aio_suspend(list, 1, &bound), EAGAIN);
        CHECK(atomic_load(&asked) > before); /* the library's calls do come here */
        CHECK(t_now() - began >= 0.005);
        CHECK_EQ(write(e.pipe[1], "c", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);
    }
    t_figure(0, t_scale(20), "timed waits that asked for the time of day");
    return 0;
}
