/* Catches the library's system calls: a seccomp filter sends those made from libc's syscall(), and those of the few
 * wrappers that the library uses, to a supervisor, which tells by the caller's stack who called, and lets them go on,
 * fails them, or holds them up. The program's own calls go through other wrappers and are left alone. */
#ifndef UAIO_FAULTS_TRAP_H
#define UAIO_FAULTS_TRAP_H

#include "calls.h"
#include <dlfcn.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static struct {
    uintptr_t text, text_end, base; /* the library's */
    uintptr_t entry;                /* libc's syscall() */
} trap;

static inline int trap_object(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (strstr(info->dlpi_name, "libuaio") == NULL)
        return 0;
    trap.base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
            trap.text = info->dlpi_addr + part->p_vaddr;
            trap.text_end = trap.text + part->p_memsz;
        }
    }
    return 1;
}

static inline void trap_find(void)
{
    dl_iterate_phdr(trap_object, NULL);
    if (trap.text == 0)
        SKIP("the library is not loaded");
    trap.entry = (uintptr_t)dlsym(RTLD_DEFAULT, "syscall");
}

/* Installs the filter for this thread and those it makes. `only` is one number, or -1. Gives the listener. */
static inline int trap_install(int only)
{
    enum { ENTRY_BYTES = 64, PARTS = 32 };
    struct sock_filter f[PARTS];
    size_t n = 0;
    const unsigned wrappers = sizeof by_wrapper / sizeof *by_wrapper;
#define LOAD(where) f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, where)
#define JUMP(how, what, yes, no) f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | how | BPF_K, (unsigned)(what), yes, no)
#define RETURN(what) f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)
    LOAD(offsetof(struct seccomp_data, nr));
    if (only >= 0) {
        JUMP(BPF_JEQ, only, 1, 0);
        RETURN(SECCOMP_RET_ALLOW);
    }
    LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4);
    JUMP(BPF_JEQ, trap.entry >> 32, 0, 4);
    LOAD(offsetof(struct seccomp_data, instruction_pointer));
    JUMP(BPF_JGE, trap.entry, 0, 2);
    JUMP(BPF_JGT, trap.entry + ENTRY_BYTES, 1, 0);
    RETURN(SECCOMP_RET_USER_NOTIF);
    LOAD(offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < wrappers; i++)
        JUMP(BPF_JEQ, by_wrapper[i], wrappers - i, 0);
    RETURN(SECCOMP_RET_ALLOW);
    RETURN(SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = { (unsigned short)n, f };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    /* Once a call is caught no signal may end it: it would look like a spurious EINTR. */
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Where in the library the call comes from (the return address, from the library's start); 0: not from there. */
static inline uintptr_t trap_site(pid_t thread, uintptr_t at)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%d/syscall", thread);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0)
        return 0;
    text[got] = 0;
    unsigned long sp = 0;
    if (sscanf(text, "%*d %*x %*x %*x %*x %*x %*x %lx", &sp) != 1)
        return 0;
    bool direct = at >= trap.entry && at <= trap.entry + 64;
    uintptr_t words[256];
    struct iovec to = { words, direct ? sizeof *words : sizeof words }, from = { (void *)sp, to.iov_len };
    got = process_vm_readv(thread, &to, 1, &from, 1, 0);
    /* Near the top of a stack there is less. */
    for (size_t less = 64 * sizeof *words; got < 0 && less >= sizeof *words; less /= 2) {
        to.iov_len = from.iov_len = less;
        got = process_vm_readv(thread, &to, 1, &from, 1, 0);
    }
    for (ssize_t i = 0; i < got / (ssize_t)sizeof *words; i++)
        if (words[i] >= trap.text && words[i] < trap.text_end)
            return words[i] - trap.base;
    return 0;
}

/* Answers a caught call: with an errno, or by letting it go on. */
static inline void trap_answer(int listener, __u64 id, int error)
{
    struct seccomp_notif_resp answer = { .id = id };
    if (error != 0)
        answer.error = -error;
    else
        answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    /* ENOENT: the caller is no more. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 && errno != ENOENT)
        FAIL("SECCOMP_IOCTL_NOTIF_SEND: %s", strerror(errno));
}

#endif
