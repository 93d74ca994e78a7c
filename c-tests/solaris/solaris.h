/* What the tests of the Solaris calls share. */
#ifndef UAIO_SOLARIS_H
#define UAIO_SOLARIS_H

#include "../test.h"
#include <sched.h>
#include <sys/asynch.h>

#define S_FAILED ((aio_result_t *)-1)

/* A result structure that the program does not poll, full of garbage. */
static inline void s_result(aio_result_t *r)
{
    memset(r, 0xa5, sizeof *r);
}

/* One that it polls. */
static inline void s_polled(aio_result_t *r)
{
    memset(r, 0xa5, sizeof *r);
    r->aio_return = AIO_INPROGRESS;
}

/* What a polling program sees. */
static inline ssize_t s_seen(aio_result_t *r)
{
    return __atomic_load_n(&r->aio_return, __ATOMIC_ACQUIRE);
}

/* Polls memory, and nothing else, until the result is there. */
static inline ssize_t s_spin(aio_result_t *r)
{
    while (s_seen(r) == AIO_INPROGRESS)
        sched_yield();
    return s_seen(r);
}

/* aiowait without a timeout, again after signals. */
static inline aio_result_t *s_take(void)
{
    aio_result_t *r;
    while ((r = aiowait(NULL)) == S_FAILED)
        CHECK_EQ(errno, EINTR);
    return r;
}

static inline aio_result_t *s_poll(void)
{
    struct timeval zero = { 0, 0 };
    return aiowait(&zero);
}

#define CHECK_PTR(got, want)                                                                       \
    do {                                                                                           \
        void *got_ = (got), *want_ = (want);                                                       \
        if (got_ != want_)                                                                         \
            FAIL("%s is %p, wanted %s = %p (errno %d)", #got, got_, #want, want_, errno);           \
    } while (0)

#define CHECK_FAILED(call, want)                                                                   \
    do {                                                                                           \
        errno = 0;                                                                                 \
        void *ret_ = (call);                                                                       \
        int err_ = errno;                                                                          \
        if (ret_ != S_FAILED || err_ != (want))                                                    \
            FAIL("%s returned %p errno %d (%s), wanted -1 errno %s", #call, ret_, err_,            \
                 strerror(err_), #want);                                                           \
    } while (0)

/* Nothing is outstanding and nothing finished. */
#define CHECK_IDLE() CHECK_FAILED(s_poll(), EINVAL)

#define CHECK_RESULT(r, value, code)                                                               \
    do {                                                                                           \
        CHECK_EQ((r)->aio_return, value);                                                          \
        CHECK_EQ((r)->aio_errno, code);                                                            \
    } while (0)

/* Submits a read of one byte that cannot finish yet. */
static inline void s_blocked(int fd, char *buf, aio_result_t *r)
{
    s_polled(r);
    CHECK_OK(aioread(fd, buf, 1, 0, SEEK_SET, r));
    CHECK_EQ(s_seen(r), AIO_INPROGRESS);
}

/* A thread that calls aiowait once. */
struct s_waiter {
    pthread_t thread;
    _Atomic pid_t tid;
    struct timeval *timeout;
    aio_result_t *got;
    int error;
};

static inline void *s_wait_once(void *arg)
{
    struct s_waiter *w = arg;
    atomic_store(&w->tid, (pid_t)syscall(SYS_gettid));
    errno = 0;
    w->got = aiowait(w->timeout);
    w->error = errno;
    return NULL;
}

/* Returns when that thread of ours sleeps on a futex: SYS_futex is what the kernel says it is in. */
static inline void s_await_sleep(pid_t tid)
{
    char name[64], text[32];
    snprintf(name, sizeof name, "/proc/self/task/%d/syscall", (int)tid);
    for (;;) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
        if (fd < 0)
            SKIP("%s: %s", name, strerror(errno));
        ssize_t n = read(fd, text, sizeof text - 1);
        syscall(SYS_close, fd);
        if (n <= 0)
            SKIP("%s cannot be read", name);
        text[n] = 0;
        if (strtol(text, NULL, 10) == SYS_futex && text[0] != 'r')
            return;
        sched_yield();
    }
}

/* Returns when the new thread is blocked in aiowait. */
static inline void s_start_waiting(struct s_waiter *w, struct timeval *timeout)
{
    atomic_init(&w->tid, 0);
    w->timeout = timeout;
    CHECK_EQ(pthread_create(&w->thread, NULL, s_wait_once, w), 0);
    while (atomic_load(&w->tid) == 0)
        sched_yield();
    s_await_sleep(atomic_load(&w->tid));
}

static inline aio_result_t *s_end_waiting(struct s_waiter *w)
{
    CHECK_EQ(pthread_join(w->thread, NULL), 0);
    return w->got;
}

/* How many SIGIO came, and the last one's si_code. */
static _Atomic long s_sigios;
static volatile int s_sigio_code, s_sigio_pid;

static inline void s_on_sigio(int signo, siginfo_t *info, void *context)
{
    (void)signo, (void)context;
    s_sigio_code = info->si_code;
    s_sigio_pid = info->si_pid;
    atomic_fetch_add(&s_sigios, 1);
}

static inline void s_catch_sigio(void)
{
    struct sigaction action = { .sa_sigaction = s_on_sigio, .sa_flags = SA_SIGINFO | SA_RESTART };
    CHECK_EQ(sigaction(SIGIO, &action, NULL), 0);
}

static inline void s_await_sigio(long count)
{
    while (atomic_load(&s_sigios) < count)
        sched_yield();
}

/* Gives a wrong SIGIO 50 ms to come. */
static inline void s_no_sigio(long count)
{
    double until = t_now() + 0.05;
    while (t_now() < until) {
        CHECK_EQ(atomic_load(&s_sigios), count);
        sched_yield();
    }
}

/* Seconds that the long tests run: UAIO_TORTURE_SECONDS, 3 when unset. */
static inline double s_seconds(void)
{
    const char *seconds = getenv("UAIO_TORTURE_SECONDS");
    return seconds != NULL && atof(seconds) > 0 ? atof(seconds) : 3;
}

#endif
