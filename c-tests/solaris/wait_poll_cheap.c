/* A polling aiowait that finds nothing makes no system call. */
/* not under: asan tsan memcheck: their own system calls would be forbidden, too */
#include "solaris.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int main(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    struct timeval zero = { 0, 0 };
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    s_blocked(p[0], &c, &r);
    CHECK_PTR(aiowait(&zero), NULL);
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp: %s", strerror(errno));
    /* from here on this thread is allowed to exit, and nothing else */
    int wrong = 0;
    for (int i = 0; i < 100000; i++)
        wrong += aiowait(&zero) != NULL;
    _exit(wrong != 0);
}
