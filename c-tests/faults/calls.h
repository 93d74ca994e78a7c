/* The system calls that the library makes, and how each may fail: by its manual page, and as sandboxes refuse it. That
 * an open descriptor is not open is no failure but a lie, after which nothing can be promised: no EBADF there. */
#ifndef UAIO_FAULTS_CALLS_H
#define UAIO_FAULTS_CALLS_H

#include "../test.h"
#include <linux/futex.h>

/* What a call's error may become in the program's eyes, beside nothing at all and EAGAIN. */
enum speaks {
    OF_NOTHING,
    OF_A_REQUEST,     /* the transfer itself, or what says that there is no such file: by aio_error */
    OF_ITS_OWN_CALL,  /* the program called close, dup2…: handed on */
    OF_A_WAIT,        /* a wait may end with EINTR */
};

enum { ERRNOS_MAX = 12, DELAYED = 0 };

struct call {
    const char *name;
    int number;
    int argument;      /* looked at to tell apart what one number does, -1: none */
    unsigned long mask, value;
    enum speaks speaks;
    int errnos[ERRNOS_MAX]; /* up to the first 0 */
};

#define PLAIN -1, 0, 0
/* A sandbox's refusals; what an I/O error, a full disk, a quota and a signal give. */
#define REFUSED EPERM, ENOSYS
#define BROKEN EIO, EINTR, ENOMEM

static const struct call calls[] = {
    { "pread64", SYS_pread64, PLAIN, OF_A_REQUEST, { BROKEN, EAGAIN, EISDIR } },
    { "pwrite64", SYS_pwrite64, PLAIN, OF_A_REQUEST, { BROKEN, EAGAIN, ENOSPC, EFBIG, EDQUOT } },
    { "preadv2", SYS_preadv2, PLAIN, OF_A_REQUEST, { BROKEN, EAGAIN, EOPNOTSUPP, REFUSED } },
    { "pwritev2", SYS_pwritev2, PLAIN, OF_A_REQUEST, { BROKEN, EAGAIN, EOPNOTSUPP, ENOSPC, EPIPE, REFUSED } },
    { "read", SYS_read, PLAIN, OF_A_REQUEST, { BROKEN, EAGAIN } },
    { "write", SYS_write, PLAIN, OF_A_REQUEST, { BROKEN, EAGAIN, ENOSPC, EPIPE } },
    { "recvfrom", SYS_recvfrom, PLAIN, OF_A_REQUEST, { EINTR, ENOMEM, EAGAIN, ECONNRESET, ENOTCONN, EPERM } },
    { "sendto", SYS_sendto, PLAIN, OF_A_REQUEST, { EINTR, ENOMEM, EAGAIN, ENOBUFS, EPIPE, ECONNRESET, EPERM } },
    { "fsync", SYS_fsync, PLAIN, OF_A_REQUEST, { BROKEN, ENOSPC, EDQUOT, EROFS } },
    { "fdatasync", SYS_fdatasync, PLAIN, OF_A_REQUEST, { BROKEN, ENOSPC, EDQUOT } },
    { "fcntl F_GETFL", SYS_fcntl, 1, ~0ul, F_GETFL, OF_A_REQUEST, { 0 } },
    { "fcntl F_DUPFD_CLOEXEC", SYS_fcntl, 1, ~0ul, F_DUPFD_CLOEXEC, OF_NOTHING, { EMFILE, EINVAL } },
    { "fstat", SYS_fstat, PLAIN, OF_A_REQUEST, { ENOMEM, EOVERFLOW, EIO } },
    { "fstatfs", SYS_fstatfs, PLAIN, OF_NOTHING, { EIO, EINTR, ENOMEM, ENOSYS, EOVERFLOW } },
    { "lseek", SYS_lseek, PLAIN, OF_NOTHING, { ESPIPE, EINVAL, EOVERFLOW } },
    { "ioctl", SYS_ioctl, PLAIN, OF_NOTHING, { ENOTTY, EINVAL, EIO, EPERM } },
    { "getsockopt", SYS_getsockopt, PLAIN, OF_NOTHING, { ENOTSOCK, ENOPROTOOPT, ENOBUFS, EPERM } },
    { "ppoll", SYS_ppoll, PLAIN, OF_NOTHING, { EINTR, ENOMEM, EINVAL, EPERM } },
    { "eventfd2", SYS_eventfd2, PLAIN, OF_NOTHING, { EMFILE, ENFILE, ENOMEM, ENODEV, REFUSED } },
    { "close", SYS_close, PLAIN, OF_ITS_OWN_CALL, { EBADF, EINTR, EIO, ENOSPC, EDQUOT } },
    { "dup3", SYS_dup3, PLAIN, OF_ITS_OWN_CALL, { EBADF, EBUSY, EINTR, EMFILE } },
    { "close_range", SYS_close_range, PLAIN, OF_ITS_OWN_CALL, { EINVAL, EMFILE, ENOMEM, REFUSED } },
    { "prlimit64", SYS_prlimit64, PLAIN, OF_NOTHING, { EPERM, ESRCH, ENOSYS } },
    { "getrusage", SYS_getrusage, PLAIN, OF_NOTHING, { EINVAL, REFUSED } },
    { "getrandom", SYS_getrandom, PLAIN, OF_NOTHING, { EAGAIN, EINTR, REFUSED } },
    { "ioprio_set", SYS_ioprio_set, PLAIN, OF_NOTHING, { EINVAL, ESRCH, REFUSED } },
    { "sched_getaffinity", SYS_sched_getaffinity, PLAIN, OF_NOTHING, { EINVAL, REFUSED } },
    { "rt_sigqueueinfo", SYS_rt_sigqueueinfo, PLAIN, OF_NOTHING, { EAGAIN } },
    { "rt_tgsigqueueinfo", SYS_rt_tgsigqueueinfo, PLAIN, OF_NOTHING, { EAGAIN } },
    { "rt_sigaction", SYS_rt_sigaction, PLAIN, OF_NOTHING, { EINVAL } },
    { "futex wait", SYS_futex, 1, FUTEX_CMD_MASK, FUTEX_WAIT_BITSET, OF_A_WAIT, { EINTR, EAGAIN } },
    { "futex wake", SYS_futex, 1, FUTEX_CMD_MASK, FUTEX_WAKE, OF_NOTHING, { 0 } },
    { "io_uring_setup", SYS_io_uring_setup, PLAIN, OF_NOTHING, { EINVAL, EMFILE, ENFILE, ENOMEM, EAGAIN, REFUSED } },
    { "io_uring_enter", SYS_io_uring_enter, PLAIN, OF_NOTHING,
      { EINTR, EAGAIN, EBUSY, EBADF, EBADFD, ENXIO, EOPNOTSUPP, EINVAL, ENOMEM, REFUSED } },
    { "io_uring_register", SYS_io_uring_register, PLAIN, OF_NOTHING, { EINVAL, EBADF, EBUSY, ENOMEM, EMFILE, REFUSED } },
    { "io_setup", SYS_io_setup, PLAIN, OF_NOTHING, { EAGAIN, EINVAL, ENOMEM, REFUSED } },
    { "io_submit", SYS_io_submit, PLAIN, OF_NOTHING, { EAGAIN, EINVAL, EBADF, EFAULT, EOPNOTSUPP, REFUSED } },
    { "io_pgetevents", SYS_io_pgetevents, PLAIN, OF_A_WAIT, { EINTR, EINVAL, REFUSED } },
    { "io_destroy", SYS_io_destroy, PLAIN, OF_NOTHING, { EINVAL, REFUSED } },
    { "mmap", SYS_mmap, PLAIN, OF_NOTHING, { ENOMEM, EAGAIN, EPERM } },
    { "mremap", SYS_mremap, PLAIN, OF_NOTHING, { ENOMEM, EAGAIN, EPERM } },
    { "munmap", SYS_munmap, PLAIN, OF_NOTHING, { ENOMEM, EPERM } },
    { "mprotect", SYS_mprotect, PLAIN, OF_NOTHING, { ENOMEM, EACCES } },
    { "madvise", SYS_madvise, PLAIN, OF_NOTHING, { ENOMEM, EINVAL, EAGAIN, EPERM } },
    { "clone3", SYS_clone3, PLAIN, OF_NOTHING, { EAGAIN, ENOMEM, EPERM, ENOSYS } },
    { "prctl PR_SET_NAME", SYS_prctl, PLAIN, OF_NOTHING, { EINVAL, EPERM } },
    { "kill", SYS_kill, PLAIN, OF_NOTHING, { EPERM } },
    /* These cannot fail with the arguments that they are given. */
    { "tgkill", SYS_tgkill, PLAIN, OF_NOTHING, { 0 } },
    { "rt_sigprocmask", SYS_rt_sigprocmask, PLAIN, OF_NOTHING, { 0 } },
    { "getpid", SYS_getpid, PLAIN, OF_NOTHING, { 0 } },
    { "gettid", SYS_gettid, PLAIN, OF_NOTHING, { 0 } },
    { "getuid", SYS_getuid, PLAIN, OF_NOTHING, { 0 } },
};
enum { CALLS = sizeof calls / sizeof *calls };

/* libc's own wrappers that the library uses; all others it reaches through syscall(). */
static const int by_wrapper[] = { SYS_mmap, SYS_munmap, SYS_madvise, SYS_mprotect, SYS_clone3, SYS_prctl, SYS_prlimit64 };

/* The row of a call that was made, or -1. */
static inline int call_of(int number, const unsigned long long *arguments)
{
    for (int i = 0; i < CALLS; i++) {
        const struct call *c = &calls[i];
        if (c->number == number && (c->argument < 0 || (arguments[c->argument] & c->mask) == c->value))
            return i;
    }
    return -1;
}

#endif
