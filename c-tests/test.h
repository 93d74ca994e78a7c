/* What every C test includes. A test is one file, one behaviour; its first line says which.
 *
 * Exit status: 0 passed, 77 skipped (with the reason on stdout), anything else failed. A test never
 * sleeps to wait for an event; it waits for the event itself, and the runner's time limit ends a hang.
 */
#ifndef UAIO_TEST_H
#define UAIO_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAIL(...)                                                                                  \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                            \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fputc('\n', stderr);                                                                       \
        _exit(1);                                                                                  \
    } while (0)

#define SKIP(...)                                                                                  \
    do {                                                                                           \
        printf(__VA_ARGS__);                                                                       \
        putchar('\n');                                                                             \
        fflush(stdout);                                                                            \
        _exit(77);                                                                                 \
    } while (0)

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            FAIL("failed: %s (errno %d %s)", #cond, errno, strerror(errno));                       \
    } while (0)

/* CHECK_EQ(got, want): both as long long, both printed when they differ. */
#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                              \
        if (got_ != want_)                                                                         \
            FAIL("%s is %lld, wanted %s = %lld (errno %d)", #got, got_, #want, want_, errno);       \
    } while (0)

/* CHECK_ERR(call, E): the call returns -1 and sets errno to E. */
#define CHECK_ERR(call, want)                                                                      \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long long ret_ = (long long)(call);                                                        \
        int err_ = errno;                                                                          \
        if (ret_ != -1 || err_ != (want))                                                          \
            FAIL("%s returned %lld errno %d (%s), wanted -1 errno %s", #call, ret_, err_,          \
                 strerror(err_), #want);                                                           \
    } while (0)

/* CHECK_OK(call): the call returns 0 and leaves errno alone. */
#define CHECK_OK(call)                                                                             \
    do {                                                                                           \
        errno = 12345;                                                                             \
        long long ret_ = (long long)(call);                                                        \
        if (ret_ != 0)                                                                             \
            FAIL("%s returned %lld errno %d (%s), wanted 0", #call, ret_, errno, strerror(errno)); \
        if (errno != 12345)                                                                        \
            FAIL("%s succeeded but changed errno to %d", #call, errno);                            \
    } while (0)

/* An empty temporary file, already unlinked, in the current directory (the runner's scratch). */
static inline int t_file(int flags)
{
    char name[] = "t-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0);
    int again = open(name, O_RDWR | flags);
    if (again < 0 && (flags & O_DIRECT) && errno == EINVAL)
        SKIP("this filesystem has no O_DIRECT");
    CHECK(again >= 0);
    close(fd);
    unlink(name);
    return again;
}

/* A control block with every byte that the program need not set full of garbage. */
static inline void t_block(struct aiocb *cb, int fd, void *buf, size_t n, off_t off)
{
    memset(cb, 0xa5, sizeof *cb);
    cb->aio_fildes = fd;
    cb->aio_buf = buf;
    cb->aio_nbytes = n;
    cb->aio_offset = off;
    cb->aio_reqprio = 0;
    cb->aio_sigevent.sigev_notify = SIGEV_NONE;
}

/* Waits until the block is finished and returns its error code. */
static inline int t_wait(struct aiocb *cb)
{
    const struct aiocb *list[1] = { cb };
    while (aio_error(cb) == EINPROGRESS)
        if (aio_suspend(list, 1, NULL) != 0)
            CHECK_EQ(errno, EINTR);
    return aio_error(cb);
}

/* Waits, demands success, and returns the count. */
static inline ssize_t t_finish(struct aiocb *cb)
{
    CHECK_EQ(t_wait(cb), 0);
    return aio_return(cb);
}

static inline double t_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A wait that must be woken. That it succeeds says little: at its deadline, too, it would find that something is over. */
static inline void t_woken(const struct aiocb *const list[], int count)
{
    struct timespec bound = { 10, 0 };
    double began = t_now();
    CHECK_EQ(aio_suspend(list, count, &bound), 0);
    if (t_now() - began > 5)
        FAIL("a wait was not woken, although something that it waits for is over");
}

static inline void t_fill(void *buf, size_t n, uint64_t seed)
{
    unsigned char *p = buf;
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        p[i] = (unsigned char)(x >> 32);
    }
}

/* What the table of hazards shows of a test: of so many so many went wrong. */
static inline void t_figure(long wrong, long of, const char *what)
{
    printf("figure: %ld of %ld %s\n", wrong, of, what);
    fflush(stdout);
}

/* Bytes of the process: what is mapped, and what of it is in memory. */
static inline void t_memory(long *mapped, long *resident)
{
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL);
    CHECK_EQ(fscanf(f, "%ld %ld", mapped, resident), 2);
    fclose(f);
    *mapped *= sysconf(_SC_PAGESIZE);
    *resident *= sysconf(_SC_PAGESIZE);
}

/* Repeat counts: n times the integer in UAIO_TEST_SCALE (1 when unset). */
static inline long t_scale(long n)
{
    const char *scale = getenv("UAIO_TEST_SCALE");
    return scale != NULL && atol(scale) > 0 ? n * atol(scale) : n;
}

/* The byte that belongs at offset `off` of a file of the given salt. */
static inline unsigned char t_byte(off_t off, unsigned salt)
{
    uint64_t x = ((uint64_t)off + 1) * 0x9e3779b97f4a7c15u + salt * 0x2545f4914f6cdd1du;
    return (unsigned char)(x >> 48 ^ x >> 24);
}

static inline void t_pattern(void *buf, size_t n, off_t off, unsigned salt)
{
    unsigned char *p = buf;
    for (size_t i = 0; i < n; i++)
        p[i] = t_byte(off + (off_t)i, salt);
}

static inline bool t_same(const void *buf, size_t n, off_t off, unsigned salt)
{
    const unsigned char *p = buf;
    for (size_t i = 0; i < n; i++)
        if (p[i] != t_byte(off + (off_t)i, salt))
            return false;
    return true;
}

/* Page-aligned memory, good for O_DIRECT, full of `fill`. */
static inline void *t_pages(size_t n, int fill)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    memset(p, fill, n);
    return p;
}

/* A file of `n` bytes of the pattern with salt 0, on disk and not in the page cache. */
static inline int t_data(size_t n, int flags)
{
    int fd = t_file(flags);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int plain = open(name, O_RDWR);
    CHECK(plain >= 0);
    size_t chunk = 1 << 16;
    unsigned char *buf = t_pages(chunk, 0);
    for (size_t off = 0; off < n; off += chunk) {
        size_t now = n - off < chunk ? n - off : chunk;
        t_pattern(buf, now, (off_t)off, 0);
        CHECK_EQ(pwrite(plain, buf, now, (off_t)off), now);
    }
    munmap(buf, chunk);
    CHECK_EQ(fsync(plain), 0);
    posix_fadvise(plain, 0, 0, POSIX_FADV_DONTNEED);
    close(plain);
    return fd;
}

/* Waits for a child and demands that it exited with 0. */
static inline void t_child_ok(pid_t pid)
{
    int status;
    CHECK(pid > 0);
    while (waitpid(pid, &status, 0) < 0)
        CHECK_EQ(errno, EINTR);
    if (WIFSIGNALED(status))
        FAIL("child killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    CHECK_EQ(WEXITSTATUS(status), 0);
}

static inline void t_pipe(int p[2])
{
    CHECK_EQ(pipe(p), 0);
}

/* Exactly n bytes with blocking read or write. */
static inline void t_read_all(int fd, void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = read(fd, (char *)buf + done, n - done);
        CHECK(got > 0);
        done += (size_t)got;
    }
}

static inline void t_write_all(int fd, const void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = write(fd, (const char *)buf + done, n - done);
        CHECK(put > 0);
        done += (size_t)put;
    }
}

/* A file with n bytes of t_fill(seed) in it. */
static inline int t_filled(int flags, size_t n, uint64_t seed)
{
    int fd = t_file(flags & ~O_DIRECT);
    char *bytes = malloc(n + 1);
    t_fill(bytes, n, seed);
    CHECK_EQ(pwrite(fd, bytes, n, 0), n);
    free(bytes);
    return fd;
}

/* Blocks every signal, in this thread and those it makes. To be called first. */
static inline void t_block_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &all, NULL), 0);
}

/* Takes one pending signal of that number (blocked before), waiting for it. */
static inline siginfo_t t_take_signal(int signo)
{
    sigset_t one;
    siginfo_t info;
    sigemptyset(&one);
    sigaddset(&one, signo);
    while (sigwaitinfo(&one, &info) != signo)
        CHECK_EQ(errno, EINTR);
    return info;
}

/* Demands that no (blocked) signal arrives. Gives a wrong one 50 ms to do so. */
static inline void t_no_signal(void)
{
    sigset_t all;
    siginfo_t info;
    sigfillset(&all);
    struct timespec wait = { 0, 50000000 };
    int signo = sigtimedwait(&all, &info, &wait);
    if (signo != -1)
        FAIL("signal %d with value %d", signo, info.si_value.sival_int);
}

static inline void t_sigev_signal(struct aiocb *cb, int signo, int value)
{
    cb->aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    cb->aio_sigevent.sigev_signo = signo;
    cb->aio_sigevent.sigev_value.sival_int = value;
}

static inline void t_sigev_thread(struct aiocb *cb, void (*call)(union sigval), void *value)
{
    cb->aio_sigevent.sigev_notify = SIGEV_THREAD;
    cb->aio_sigevent.sigev_notify_function = call;
    cb->aio_sigevent.sigev_notify_attributes = NULL;
    cb->aio_sigevent.sigev_value.sival_ptr = value;
}

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* Submits a read that cannot finish yet. */
static inline void t_read_blocked(struct aiocb *cb, int fd, void *buf, size_t n)
{
    t_block(cb, fd, buf, n, 0);
    CHECK_OK(aio_read(cb));
    CHECK_EQ(aio_error(cb), EINPROGRESS);
}

/* A thread that sends a signal to its maker every millisecond until t_stop_pinging. */
struct t_pinger {
    pthread_t thread, target;
    int signo;
    atomic_bool stop;
};

static inline void *t_ping(void *arg)
{
    struct t_pinger *pinger = arg;
    while (!atomic_load(&pinger->stop)) {
        pthread_kill(pinger->target, pinger->signo);
        usleep(1000);
    }
    return NULL;
}

static inline void t_start_pinging(struct t_pinger *pinger, int signo)
{
    pinger->target = pthread_self();
    pinger->signo = signo;
    atomic_init(&pinger->stop, false);
    CHECK_EQ(pthread_create(&pinger->thread, NULL, t_ping, pinger), 0);
}

static inline void t_stop_pinging(struct t_pinger *pinger)
{
    atomic_store(&pinger->stop, true);
    CHECK_EQ(pthread_join(pinger->thread, NULL), 0);
}

static inline void t_handle(int signo, void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    CHECK_EQ(sigaction(signo, &action, NULL), 0);
}

#endif
