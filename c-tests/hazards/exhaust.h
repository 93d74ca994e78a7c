/* What the exhaust_* tests share: a set of requests of every kind, each of which must end well or be refused with
 * EAGAIN, in a child on which some resource has been taken away. */
#ifndef UAIO_EXHAUST_H
#define UAIO_EXHAUST_H

#include "every.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

static long x_done, x_refused;
static bool x_must; /* another route exists: nothing may be refused */

static inline bool x_refusal(int error)
{
    if (error != EAGAIN)
        FAIL("%s instead of success or EAGAIN", strerror(error));
    if (x_must)
        FAIL("EAGAIN although another route exists");
    x_refused++;
    return false;
}

/* True when the request ended with `want`, false when it was refused. */
static inline bool x_end(int submitted, struct aiocb *cb, ssize_t want)
{
    if (submitted != 0)
        return x_refusal(errno);
    int error = t_wait(cb);
    if (error != 0) {
        CHECK_EQ(aio_return(cb), -1);
        return x_refusal(error);
    }
    CHECK_EQ(aio_return(cb), want);
    x_done++;
    return true;
}

static inline void x_once(struct every *e)
{
    struct aiocb cb, many[8], *list[8];
    unsigned char *buf = e->buf;
    siginfo_t info;
    sigset_t set;
    struct timespec bound = { 10, 0 };

    posix_fadvise(e->data, 0, 0, POSIX_FADV_DONTNEED);
    t_block(&cb, e->data, buf, 4096, 4096);
    if (x_end(aio_read(&cb), &cb, 4096))
        CHECK(t_same(buf, 4096, 4096, 0));
    t_block(&cb, e->direct, buf, 4096, 8192);
    if (x_end(aio_read(&cb), &cb, 4096))
        CHECK(t_same(buf, 4096, 8192, 0));
    t_pattern(buf, 4096, 0, 5);
    t_block(&cb, e->file, buf, 4096, 0);
    if (x_end(aio_write(&cb), &cb, 4096)) {
        CHECK_EQ(pread(e->file, buf + 4096, 4096, 0), 4096);
        CHECK(t_same(buf + 4096, 4096, 0, 5));
    }
    t_block(&cb, e->append, buf, 4096, 0);
    x_end(aio_write(&cb), &cb, 4096);
    t_block(&cb, e->file, NULL, 0, 0);
    x_end(aio_fsync(O_SYNC, &cb), &cb, 0);

    /* a stream: a read that waits, another that is cancelled */
    t_block(&cb, e->pipe[0], buf, 1, 0);
    int submitted = aio_read(&cb), error = errno;
    CHECK_EQ(write(e->pipe[1], "e", 1), 1);
    errno = error;
    if (!x_end(submitted, &cb, 1))
        CHECK_EQ(read(e->pipe[0], buf, 1), 1);
    CHECK_EQ(buf[0], 'e');
    t_block(&cb, e->socket[0], buf, 1, 0);
    if (aio_read(&cb) != 0) {
        x_refusal(errno);
    } else if (aio_cancel(e->socket[0], &cb) != AIO_CANCELED && aio_error(&cb) == EINPROGRESS) {
        CHECK_EQ(write(e->socket[1], "e", 1), 1);
        x_end(0, &cb, 1);
    } else {
        error = aio_error(&cb);
        CHECK(error == ECANCELED || (error == EAGAIN && !x_must));
        CHECK_EQ(aio_return(&cb), -1);
    }
    t_block(&cb, e->socket[1], "e", 1, 0);
    if (x_end(aio_write(&cb), &cb, 1))
        CHECK_EQ(read(e->socket[0], buf, 1), 1);

    /* a notification by signal, if accepted, comes */
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    t_block(&cb, e->direct, buf, 4096, 0);
    t_sigev_signal(&cb, SIGRTMIN, 77);
    if ((submitted = aio_read(&cb)) == 0) {
        CHECK_EQ(sigtimedwait(&set, &info, &bound), SIGRTMIN);
        CHECK_EQ(info.si_value.sival_int, 77);
    }
    x_end(submitted, &cb, 4096);

    for (int mode = LIO_WAIT; mode <= LIO_NOWAIT; mode++) {
        for (int i = 0; i < 8; i++) {
            t_block(&many[i], i & 1 ? e->data : e->direct, buf + i * 4096, 4096, i * 4096);
            many[i].aio_lio_opcode = LIO_READ;
            list[i] = &many[i];
        }
        memset(buf, 0, 8 * 4096);
        if (lio_listio(mode, list, 8, NULL) != 0)
            CHECK((errno == EAGAIN || errno == EIO) && !x_must);
        for (int i = 0; i < 8; i++) {
            error = t_wait(&many[i]);
            if (error == -1 || error == EAGAIN) { /* not queued */
                CHECK(!x_must);
                x_refused++;
                continue;
            }
            CHECK_EQ(error, 0);
            CHECK_EQ(aio_return(&many[i]), 4096);
            CHECK(t_same(buf + i * 4096, 4096, i * 4096, 0));
            x_done++;
        }
    }
}

/* Runs `take_away(how)` and the requests in a child, before or after the first request of the process. */
static inline void x_child(const char *name, void (*take_away)(long how), long how, bool after, bool must)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct every e = every_open();
        volatile char stack[65536];
        for (size_t i = 0; i < sizeof stack; i += 1024)
            stack[i] = 1; /* so that the stack need not grow later */
        alarm(15);
        if (after)
            every_once(&e);
        take_away(how);
        x_must = must;
        for (int i = 0; i < 3; i++)
            x_once(&e);
        printf("%s %ld %s the first request: %ld done, %ld refused\n", name, how, after ? "after" : "before",
               x_done, x_refused);
        t_figure(0, x_done + x_refused, "requests ended otherwise than well or with EAGAIN");
        _exit(0);
    }
    int status;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        _exit(77);
    if (status != 0)
        FAIL("%s %ld, %s the first request: %s %d", name, how, after ? "after" : "before",
             WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* From now on each of the system calls fails with that error, in every thread or only in those made by the caller. */
static inline void x_refuse(const int *calls, size_t count, int error, bool every_thread)
{
    struct sock_filter filter[64];
    size_t n = 0;
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { (unsigned short)n, filter };
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, every_thread ? SECCOMP_FILTER_FLAG_TSYNC : 0, &program);
    if (result < 0)
        SKIP("no seccomp filters here");
    CHECK_EQ(result, 0);
}

#endif
