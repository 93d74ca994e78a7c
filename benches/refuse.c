/* Row 14: starts a program to which the kernel refuses io_uring (EPERM, as Docker's default profile does),
 * or io_uring and native AIO (EAGAIN, as when fs.aio-max-nr is used up). */
#include "bench.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* io_uring_setup, io_uring_enter, io_uring_register; older headers do not name them. */
enum { RING_FIRST = 425, RING_LAST = 427 };

#if !defined(__x86_64__)
#error "the numbers of system calls are those of x86-64"
#endif

static void install(bool native) {
    /* A number that never is, where native AIO is not to be refused. */
    const unsigned setup = native ? SYS_io_setup : 0xffffffffu;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, setup, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, RING_FIRST, 0, 3),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, RING_LAST, 2, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAGAIN),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        SKIP("seccomp filters are not possible here");
}

/* A refusal that does not work would measure the wrong thing. */
static void verify(bool native) {
    CHECK(syscall(RING_FIRST, 1, NULL) == -1 && errno == EPERM);
    CHECK(syscall(RING_LAST, -1, 0, NULL, 0) == -1 && errno == EPERM);
    unsigned long context = 0;
    long status = syscall(SYS_io_setup, 1, &context);
    CHECK(native ? status == -1 && errno == EAGAIN : true);
    if (status == 0)
        syscall(SYS_io_destroy, context);
}

int main(int argc, char **argv) {
    bool native = argc > 1 && strcmp(argv[1], "both") == 0;
    if (argc < 3 || (!native && strcmp(argv[1], "uring") != 0)) {
        fputs("usage: refuse uring|both PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    install(native);
    verify(native);
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 1;
}
