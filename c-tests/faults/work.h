/* The workload: one pass over the whole API, on which every promise is checked, also when a system call of the
 * library failed. It takes no memory and makes no threads of its own, so that what is caught is the library's. */
#ifndef UAIO_FAULTS_WORK_H
#define UAIO_FAULTS_WORK_H

#include "calls.h"
#include <sys/asynch.h>
#include <sys/eventfd.h>

enum { BLOCK = 4096, DATA = 64 * BLOCK, SALT = 5, BOUND_S = 8, LISTS = 6, LIST = 16, BIG = 200000, SIGNALS = 16 };

/* What the program saw; shared with the supervisor. */
struct seen {
    atomic_int done;
    atomic_int refused;     /* EAGAIN at the call */
    atomic_int late;        /* EAGAIN by aio_error */
    atomic_int reported;    /* the errno that was injected, or a short count after it */
    atomic_int handed;      /* the same, by close and its family or aio_cancel */
    atomic_int interrupted; /* EINTR of a wait */
    atomic_int outlived;    /* a blocked read went on although its number was given up */
    atomic_int at_exit[2];  /* writes accepted before exit() */
    const char *_Atomic step;
};

/* Made once, inherited by every run. */
static struct world {
    struct seen *seen;
    int data, direct, file, append, second, second_check, last;
    unsigned char *buf;
} w;

static int injected;
static enum speaks speaks;

static inline void w_open(void)
{
    w.seen = mmap(NULL, sizeof *w.seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(w.seen != MAP_FAILED);
    w.data = t_data(DATA, 0), w.direct = t_data(DATA, O_DIRECT);
    w.file = t_file(0), w.append = t_file(O_APPEND), w.last = t_file(0), w.second = t_file(0);
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", w.second);
    w.second_check = open(name, O_RDWR);
    CHECK(w.second_check >= 0);
    w.buf = t_pages(2 * DATA, 0);
}

static inline bool w_of_request(int error)
{
    return speaks == OF_A_REQUEST && injected != 0 && error == injected;
}

/* A submission: accepted, or refused for want of resources. */
static inline bool w_accepted(int result)
{
    if (result == 0) {
        CHECK_EQ(errno, 12345);
        return true;
    }
    CHECK_EQ(result, -1);
    CHECK_EQ(errno, EAGAIN);
    w.seen->refused++;
    return false;
}

#define SUBMIT(call) (errno = 12345, w_accepted(call))

static inline void w_wait(struct aiocb *cb)
{
    const struct aiocb *list[1] = { cb };
    double until = t_now() + BOUND_S;
    struct timespec bound = { BOUND_S, 0 };
    while (aio_error(cb) == EINPROGRESS) {
        if (t_now() > until)
            FAIL("a request is not over after %d s", BOUND_S);
        if (aio_suspend(list, 1, &bound) == 0)
            continue;
        if (errno == EINTR && speaks == OF_A_WAIT && injected == EINTR)
            w.seen->interrupted++;
        else
            CHECK_EQ(errno, EAGAIN);
    }
}

/* How an error may be explained; ends the program when it may not. No request ends with EINTR: no signal was sent. */
static inline void w_explained(int error)
{
    if (w_of_request(error) && error != EINTR)
        w.seen->reported++;
    else if (error == EAGAIN)
        w.seen->late++;
    else
        FAIL("a request ended with %s", strerror(error));
}

/* The end of an accepted request: the bytes transferred, or -1 with an error that has an explanation. */
static inline ssize_t w_end(struct aiocb *cb, ssize_t want)
{
    w_wait(cb);
    int error = aio_error(cb);
    ssize_t got = aio_return(cb);
    CHECK_ERR(aio_return(cb), EINVAL); /* once, and never again */
    if (error != 0) {
        CHECK_EQ(got, -1);
        w_explained(error);
        return -1;
    }
    if (got != want) {
        if (got <= 0 || got > want || speaks != OF_A_REQUEST || injected == 0)
            FAIL("%zd bytes instead of %zd", got, want);
        w.seen->reported++;
    }
    w.seen->done++;
    return got;
}

static inline void w_same(int fd, off_t off, size_t n, unsigned salt)
{
    static unsigned char back[BLOCK];
    CHECK(n <= sizeof back);
    CHECK_EQ(pread(fd, back, n, off), n);
    CHECK(t_same(back, n, off, salt));
}

static inline void w_read(int fd, off_t off)
{
    struct aiocb cb;
    memset(w.buf, 0, BLOCK);
    t_block(&cb, fd, w.buf, BLOCK, off);
    ssize_t got = SUBMIT(aio_read(&cb)) ? w_end(&cb, BLOCK) : -1;
    if (got > 0)
        CHECK(t_same(w.buf, (size_t)got, off, 0));
}

static inline void w_files(void)
{
    enum { WRITES = 6 };
    struct aiocb cb[WRITES], sync[2];
    bool accepted[WRITES], synced[2];
    unsigned char *buf = w.buf + DATA;
    w_read(w.data, BLOCK);
    CHECK_EQ(posix_fadvise(w.data, 0, 0, POSIX_FADV_DONTNEED), 0);
    w_read(w.data, 2 * BLOCK);
    t_pattern(buf, WRITES * BLOCK, 0, SALT);
    for (int i = 0; i < WRITES; i++) {
        t_block(&cb[i], w.file, buf + i * BLOCK, BLOCK, i * BLOCK);
        cb[i].aio_reqprio = i;
        accepted[i] = SUBMIT(aio_write(&cb[i]));
    }
    for (int i = 0; i < 2; i++) {
        t_block(&sync[i], w.file, NULL, 0, 0);
        synced[i] = SUBMIT(aio_fsync(i ? O_DSYNC : O_SYNC, &sync[i]));
    }
    for (int i = 0; i < 2; i++)
        if (synced[i])
            w_end(&sync[i], 0);
    for (int i = 0; i < WRITES; i++) {
        ssize_t put = accepted[i] ? w_end(&cb[i], BLOCK) : 0;
        if (put > 0)
            w_same(w.file, i * BLOCK, (size_t)put, SALT);
    }
}

static inline void w_append(void)
{
    enum { WRITES = 4, RECORD = 100 };
    struct aiocb cb[WRITES];
    bool accepted[WRITES];
    off_t at = 0;
    for (int i = 0; i < WRITES; i++) {
        memset(w.buf + i * RECORD, 'a' + i, RECORD);
        t_block(&cb[i], w.append, w.buf + i * RECORD, RECORD, 0);
        accepted[i] = SUBMIT(aio_write(&cb[i]));
    }
    for (int i = 0; i < WRITES; i++) { /* in call order */
        ssize_t put = accepted[i] ? w_end(&cb[i], RECORD) : 0;
        for (ssize_t j = 0; j < put; j++, at++) {
            char c = 0;
            CHECK_EQ(pread(w.append, &c, 1, at), 1);
            CHECK_EQ(c, 'a' + i);
        }
    }
    struct stat st;
    CHECK_EQ(fstat(w.append, &st), 0);
    CHECK_EQ(st.st_size, at);
}

/* An entry of a list that may not have been queued. */
static inline ssize_t w_entry(struct aiocb *cb, ssize_t want)
{
    if (aio_error(cb) == -1) {
        w.seen->refused++;
        return -1;
    }
    return w_end(cb, want);
}

static inline void w_list(int mode, int fd)
{
    struct aiocb cb[LIST], *list[LIST];
    for (int i = 0; i < LIST; i++) {
        t_block(&cb[i], fd, w.buf + i * BLOCK, BLOCK, i * BLOCK);
        cb[i].aio_lio_opcode = LIO_READ;
        list[i] = &cb[i];
    }
    memset(w.buf, 0, LIST * BLOCK);
    errno = 12345;
    int before = w.seen->late + w.seen->reported + w.seen->refused;
    int result = lio_listio(mode, list, LIST, NULL), error = errno;
    if (result == 0)
        CHECK_EQ(error, 12345);
    for (int i = 0; i < LIST; i++) {
        ssize_t got = w_entry(&cb[i], BLOCK);
        if (got > 0)
            CHECK(t_same(w.buf + i * BLOCK, (size_t)got, i * BLOCK, 0));
    }
    bool troubled = w.seen->late + w.seen->reported + w.seen->refused != before;
    if (result == 0 || (error == EINTR && speaks == OF_A_WAIT && injected == EINTR))
        return;
    if (!troubled || (error != EAGAIN && error != EIO))
        FAIL("lio_listio: %s", strerror(error));
}

static inline void w_direct(void)
{
    for (int i = 0; i < LISTS; i++)
        w_list(i & 1 ? LIO_WAIT : LIO_NOWAIT, w.direct);
    w_read(w.direct, 8 * BLOCK);
    w_list(LIO_WAIT, w.data);
}

/* Empties a stream by plain reads; what comes goes to `to`. */
static inline size_t w_drain(int fd, unsigned char *to, size_t room)
{
    struct pollfd p = { fd, POLLIN, 0 };
    size_t n = 0;
    while (poll(&p, 1, 0) == 1 && p.revents & POLLIN) {
        ssize_t got = read(fd, to + n, room - n);
        CHECK(got >= 0);
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return n;
}

/* A read that waits, then as many bytes: they arrive in it, or stay. */
static inline void w_stream_read(int from, int to)
{
    struct aiocb cb;
    unsigned char in[8] = { 0 }, rest[64];
    t_block(&cb, from, in, sizeof in, 0);
    bool accepted = SUBMIT(aio_read(&cb));
    CHECK_EQ(write(to, "12345678", 8), 8);
    ssize_t got = accepted ? w_end(&cb, 8) : 0;
    size_t n = got > 0 ? (size_t)got : 0;
    memcpy(rest, in, n);
    CHECK_EQ(n + w_drain(from, rest + n, sizeof rest - n), 8);
    CHECK(memcmp(rest, "12345678", 8) == 0);
}

static inline void w_stream_write(int from, int to, size_t n)
{
    struct aiocb cb;
    unsigned char *out = w.buf, *in = w.buf + DATA;
    size_t got = 0;
    t_pattern(out, n, 0, 9);
    t_block(&cb, to, out, n, 0);
    if (!SUBMIT(aio_write(&cb)))
        return;
    double until = t_now() + BOUND_S;
    while (aio_error(&cb) == EINPROGRESS) {
        struct pollfd p = { from, POLLIN, 0 };
        poll(&p, 1, 1);
        got += w_drain(from, in + got, DATA - got);
        if (t_now() > until)
            FAIL("a write to a stream does not end");
    }
    got += w_drain(from, in + got, DATA - got);
    ssize_t put = w_end(&cb, (ssize_t)n);
    CHECK_EQ(got, put > 0 ? put : 0);
    CHECK(t_same(in, got, 0, 9));
}

/* A read that waits and is cancelled; where it cannot be, a byte ends it. */
static inline void w_cancel(int from, int to, bool all)
{
    struct aiocb cb;
    char c;
    unsigned char rest[8];
    t_block(&cb, from, &c, 1, 0);
    if (!SUBMIT(aio_read(&cb)))
        return;
    int said = aio_cancel(from, all ? NULL : &cb);
    if (said == -1) {
        CHECK(w_of_request(errno) || errno == EAGAIN);
        w.seen->handed++;
    }
    if (said == AIO_CANCELED) {
        CHECK_EQ(aio_error(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        CHECK_ERR(aio_return(&cb), EINVAL);
        return;
    }
    CHECK_EQ(write(to, "c", 1), 1);
    w_end(&cb, 1);
    w_drain(from, rest, sizeof rest);
}

static inline void w_timed_suspend(int from, int to)
{
    struct aiocb cb;
    const struct aiocb *list[1] = { &cb };
    struct timespec bound = { 0, 2000000 };
    unsigned char rest[8];
    char c;
    t_block(&cb, from, &c, 1, 0);
    if (!SUBMIT(aio_read(&cb)))
        return;
    if (aio_suspend(list, 1, &bound) != 0)
        CHECK(errno == EAGAIN || (errno == EINTR && speaks == OF_A_WAIT && injected == EINTR));
    CHECK_EQ(write(to, "s", 1), 1);
    w_end(&cb, 1);
    w_drain(from, rest, sizeof rest);
}

static inline void w_streams(void)
{
    int p[2], s[2], d[2], event = eventfd(0, 0);
    struct timeval bound = { BOUND_S, 0 };
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, d), 0);
    w_stream_read(p[0], p[1]);
    w_stream_write(p[0], p[1], BIG);
    w_cancel(p[0], p[1], false);
    w_stream_read(s[0], s[1]);
    w_stream_write(s[0], s[1], BIG);
    w_cancel(s[0], s[1], true);
    w_stream_read(d[0], d[1]);
    w_stream_write(d[0], d[1], 1000);
    w_timed_suspend(p[0], p[1]);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound), 0);
    w_stream_read(s[0], s[1]);

    struct aiocb cb;
    uint64_t count = 0;
    t_block(&cb, event, &count, 8, 0);
    bool accepted = SUBMIT(aio_read(&cb));
    CHECK_EQ(eventfd_write(event, 3), 0);
    if (accepted && w_end(&cb, 8) == 8)
        CHECK_EQ(count, 3);
}

static atomic_int signals[SIGNALS], callbacks;

static inline void w_signal(int signo, siginfo_t *info, void *context)
{
    (void)signo, (void)context;
    if (info->si_code == SI_ASYNCIO && info->si_value.sival_int < SIGNALS)
        signals[info->si_value.sival_int]++;
}

static inline void w_callback(union sigval value)
{
    atomic_fetch_add((atomic_int *)value.sival_ptr, 1);
}

/* The signal of that value comes, exactly once. */
static inline void w_signalled(int value)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    double until = t_now() + BOUND_S;
    while (signals[value] == 0) {
        struct timespec moment = { 0, 2000000 };
        siginfo_t info;
        if (sigtimedwait(&set, &info, &moment) == SIGRTMIN)
            w_signal(SIGRTMIN, &info, NULL);
        if (t_now() > until)
            FAIL("the notification %d is lost", value);
    }
    CHECK_EQ(signals[value], 1);
}

static inline void w_notified(void)
{
    enum { SIGNAL, TO_THREAD, PLAIN_LIST, THREADS };
    struct aiocb cb, many[4], *list[4];
    struct sigaction action = { .sa_sigaction = w_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigaction(SIGRTMIN, &action, NULL);
    for (int i = SIGNAL; i <= TO_THREAD; i++)
        for (int fd = 0; fd < 2; fd++) {
            int value = i * 2 + fd;
            t_block(&cb, fd ? w.direct : w.data, w.buf, BLOCK, 0);
            t_sigev_signal(&cb, SIGRTMIN, value);
            if (i == TO_THREAD) {
                cb.aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
                cb.aio_sigevent.sigev_notify_thread_id = gettid();
            }
            if (SUBMIT(aio_read(&cb))) {
                w_signalled(value);
                w_end(&cb, BLOCK);
            }
        }
    /* a list with a notification of its own, and one by thread for each entry */
    struct sigevent whole = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 8 };
    for (int i = 0; i < 4; i++) {
        t_block(&many[i], i & 1 ? w.file : w.data, w.buf + i * BLOCK, BLOCK, i * BLOCK);
        many[i].aio_lio_opcode = LIO_READ;
        t_sigev_thread(&many[i], w_callback, &callbacks);
        list[i] = &many[i];
    }
    many[1].aio_lio_opcode = many[3].aio_lio_opcode = LIO_WRITE;
    int result = lio_listio(LIO_NOWAIT, list, 4, &whole), accepted = 0;
    CHECK(result == 0 || errno == EAGAIN || errno == EIO);
    for (int i = 0; i < 4; i++)
        if (aio_error(&many[i]) != -1) {
            accepted++;
            w_end(&many[i], BLOCK);
        } else {
            w.seen->refused++;
        }
    if (result == 0) {
        CHECK_EQ(accepted, 4);
        w_signalled(8);
    }
    double until = t_now() + BOUND_S;
    while (callbacks < accepted && t_now() < until)
        usleep(200);
    if (callbacks < accepted)
        FAIL("%d of %d callbacks", callbacks, accepted);
}

/* Something that gives a number up: done, or failed with the injected errno. */
static inline bool w_gave_up(int result)
{
    if (result >= 0)
        return true;
    if (speaks != OF_ITS_OWN_CALL || errno != injected)
        FAIL("a close failed: %s", strerror(errno));
    w.seen->handed++;
    return false;
}

/* A blocked read on a number that is given up: cancelled. Where nothing is left to poll with, a thread sits in the read
 * and cannot be called back: then it ends when the other end does something, as it says in the table. */
static inline void w_dropped(struct aiocb *cb, int other_end)
{
    double until = t_now() + 0.2;
    while (aio_error(cb) == EINPROGRESS && t_now() < until)
        usleep(100);
    if (aio_error(cb) == EINPROGRESS && injected != 0 && speaks == OF_NOTHING) {
        w.seen->outlived++;
        CHECK_EQ(write(other_end, "d", 1), 1);
    }
    w_wait(cb);
    int error = aio_error(cb);
    CHECK_EQ(aio_return(cb), error == 0 ? 1 : -1);
    if (error != ECANCELED && error != 0)
        w_explained(error);
}

static inline void w_closes(void)
{
    enum { WRITES = 6 };
    struct aiocb cb[WRITES];
    bool accepted[WRITES];
    unsigned char *buf = w.buf + DATA;
    t_pattern(buf, WRITES * BLOCK, 0, SALT + 1);
    for (int i = 0; i < WRITES; i++) {
        t_block(&cb[i], w.second, buf + i * BLOCK, BLOCK, i * BLOCK);
        accepted[i] = SUBMIT(aio_write(&cb[i]));
    }
    if (!w_gave_up(close(w.second)))
        CHECK_EQ(close(w.second), 0);
    for (int i = 0; i < WRITES; i++) {
        ssize_t put = accepted[i] ? w_end(&cb[i], BLOCK) : 0;
        if (put > 0)
            w_same(w.second_check, i * BLOCK, (size_t)put, SALT + 1);
    }
    for (int how = 0; how < 2; how++) {
        int p[2];
        char c;
        t_pipe(p);
        t_block(&cb[0], p[0], &c, 1, 0);
        bool reading = SUBMIT(aio_read(&cb[0]));
        bool gone = w_gave_up(how ? close_range((unsigned)p[0], (unsigned)p[0], 0) : dup2(w.data, p[0]));
        if (reading) {
            if (!gone)
                CHECK_EQ(write(p[1], "d", 1), 1);
            w_dropped(&cb[0], p[1]);
        }
    }
}

static inline void w_fork(void)
{
    int p[2];
    struct aiocb cb;
    char c = 0;
    t_pipe(p);
    t_block(&cb, p[0], &c, 1, 0);
    bool reading = SUBMIT(aio_read(&cb));
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (reading)
            CHECK_EQ(aio_error(&cb), -1);
        w_read(w.data, 3 * BLOCK);
        w_read(w.direct, 3 * BLOCK);
        int own[2];
        t_pipe(own);
        w_stream_read(own[0], own[1]);
        _exit(0);
    }
    t_child_ok(pid);
    CHECK_EQ(write(p[1], "f", 1), 1);
    if (reading && w_end(&cb, 1) == 1)
        CHECK_EQ(c, 'f');
}

/* The calls of Solaris, which this program is not linked with. */
static struct {
    int (*read)(int, caddr_t, int, off_t, int, aio_result_t *);
    aio_result_t *(*wait)(struct timeval *);
} solaris;

static inline void w_solaris(void)
{
    aio_result_t result[2];
    int reading[2], outstanding = 0;
    for (int i = 0; i < 2; i++) {
        reading[i] = solaris.read(i ? w.direct : w.data, (caddr_t)w.buf + i * BLOCK, BLOCK, i * BLOCK, SEEK_SET, &result[i]);
        if (reading[i] == 0)
            outstanding++;
        else
            CHECK(errno == EAGAIN || w_of_request(errno));
    }
    double until = t_now() + BOUND_S;
    while (outstanding > 0) {
        struct timeval bound = { BOUND_S, 0 };
        aio_result_t *got = solaris.wait(&bound);
        if (got == (aio_result_t *)-1) {
            CHECK(errno == EINTR && speaks == OF_A_WAIT);
            w.seen->interrupted++;
            continue;
        }
        if (got == NULL || t_now() > until)
            FAIL("aiowait gives nothing");
        long i = got - result;
        CHECK(i == 0 || i == 1);
        outstanding--;
        if (got->aio_return < 0) {
            w_explained(got->aio_errno);
            continue;
        }
        CHECK(got->aio_return == BLOCK || (w_of_request(injected) && got->aio_return > 0));
        CHECK(t_same(w.buf + i * BLOCK, (size_t)got->aio_return, i * BLOCK, 0));
    }
}

/* Does not return: ends by exit() with writes outstanding, which the supervisor looks for. */
static inline void w_all(void)
{
    t_block_signals();
    for (int fds[] = { w.file, w.append, w.second, w.last }, i = 0; i < 4; i++)
        CHECK_EQ(ftruncate(fds[i], 0), 0);
#define STEP(name) do { w.seen->step = #name; name(); } while (0)
    STEP(w_files);
    STEP(w_append);
    STEP(w_direct);
    STEP(w_streams);
    STEP(w_notified);
    STEP(w_solaris);
    STEP(w_closes);
    STEP(w_fork);
    static struct aiocb last[2];
    t_pattern(w.buf, 2 * BLOCK, 0, SALT);
    for (int i = 0; i < 2; i++) {
        t_block(&last[i], w.last, w.buf + i * BLOCK, BLOCK, i * BLOCK);
        w.seen->at_exit[i] = SUBMIT(aio_write(&last[i]));
    }
    for (int i = 0; i <= 8; i++)
        if (signals[i] > 1)
            FAIL("the notification %d came %d times", i, signals[i]);
    exit(0);
}

static inline void w_after_exit(void)
{
    for (int i = 0; i < 2; i++)
        if (w.seen->at_exit[i] && speaks != OF_A_REQUEST)
            w_same(w.last, i * BLOCK, BLOCK, SALT);
}

#endif
