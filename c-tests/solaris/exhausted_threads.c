/* Where no thread can be made a call fails with EAGAIN and nothing is half-queued, or it succeeds. */
#include "solaris.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static void refuse_threads(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("no seccomp: %s", strerror(errno));
}

int main(void)
{
    static char buf[512];
    int p[2], fd = t_filled(0, 4096, 1), out = t_file(0);
    long refused = 0, done = 0;
    refuse_threads();
    t_pipe(p);
    for (int i = 0; i < 300; i++) {
        aio_result_t r;
        s_result(&r);
        int got = i % 3 == 0 ? aioread(fd, buf, 512, 0, SEEK_SET, &r)
                : i % 3 == 1 ? aiowrite(out, buf, 512, 0, SEEK_SET, &r)
                             : aioread(p[0], buf, 1, 0, SEEK_SET, &r);
        if (got != 0) {
            CHECK_EQ(errno, EAGAIN);
            CHECK_EQ(r.aio_return, (ssize_t)0xa5a5a5a5a5a5a5a5);
            CHECK_IDLE();
            refused++;
        } else {
            CHECK_PTR(s_take(), &r);
            CHECK_RESULT(&r, 512, 0);
            done++;
        }
    }
    printf("%ld refused, %ld done\n", refused, done);
    CHECK(refused > 0);
    return 0;
}
