/* A timeout is measured on a clock that nobody sets: the kernel is given no moment of the time of day to wait for. */
#include "test.h"
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define END(how) BPF_STMT(BPF_RET | BPF_K, (how))

/* Setting the clock of the machine would disturb what else runs there, so its use is looked for instead: a futex
 * wait until a moment of CLOCK_REALTIME, and a sleep by that clock, kill the process. Of this thread only. */
static void forbid_realtime(void)
{
    struct sock_filter filter[] = {
        LOAD(nr),                                                         /* 0 */
        IS(SYS_futex, 2, 0),                                              /* 1: to 4 */
        IS(SYS_futex_wait, 3, 0),                                         /* 2: to 6 */
        IS(SYS_clock_nanosleep, 4, 6),                                    /* 3: to 8 or 10 */
        LOAD(args[1]),                                                    /* 4: the operation */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FUTEX_CLOCK_REALTIME, 5, 4), /* 5 */
        LOAD(args[5]),                                                    /* 6: the clock */
        IS(CLOCK_REALTIME, 3, 2),                                         /* 7 */
        LOAD(args[0]),                                                    /* 8: the clock */
        IS(CLOCK_REALTIME, 1, 0),                                         /* 9 */
        END(SECCOMP_RET_ALLOW),                                           /* 10 */
        END(SECCOMP_RET_KILL_PROCESS),                                    /* 11 */
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp filters here");
}

/* The filter does kill: a wait until a moment of the time of day, in a child. */
static void filter_works(void)
{
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct timespec soon;
        unsigned word = 0;
        forbid_realtime();
        clock_gettime(CLOCK_REALTIME, &soon);
        syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &soon, NULL, ~0u);
        _exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("no seccomp filters here");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void *wait_in_vain(void *pending)
{
    const struct aiocb *list[] = { pending };
    forbid_realtime();
    for (int i = 1; i <= 20; i++) {
        struct timespec timeout = { 0, i * 1000000 };
        double start = t_now();
        CHECK_ERR(aio_suspend(list, 1, &timeout), EAGAIN);
        CHECK(t_now() - start >= i / 1e3);
    }
    return NULL;
}

int main(void)
{
    int p[2];
    char c;
    struct aiocb pending;
    pthread_t thread;
    filter_works();
    t_pipe(p);
    t_read_blocked(&pending, p[0], &c, 1);
    CHECK_EQ(pthread_create(&thread, NULL, wait_in_vain, &pending), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&pending), 1);
    return 0;
}
