/* UAIO_ENGINE=uring sets up a ring, UAIO_ENGINE=threads neither a ring nor native AIO. */
/* engines: uring threads */
/* glibc: fails: it knows no such engines */
#include "test.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

/* From now on setting up a ring or native AIO ends the process. */
static bool forbid(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void some_requests(void)
{
    int p[2];
    static char buf[1 << 20];
    struct aiocb cb;
    t_pipe(p);
    t_read_blocked(&cb, p[0], buf, 1);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&cb), 1);
    t_block(&cb, t_file(0), buf, sizeof buf, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), sizeof buf);
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
}

int main(void)
{
    int status;
    const char *engine = getenv("UAIO_ENGINE");
    bool uring = engine && !strcmp(engine, "uring");
    CHECK(engine != NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!forbid())
            SKIP("no seccomp: %s", strerror(errno));
        some_requests();
        _exit(0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("no seccomp");
    if (uring)
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    else
        CHECK_EQ(status, 0);
    return 0;
}
