/* The workload's notifications, closes, fork, Solaris calls and exit, and the whole of it. */
#ifndef UAIO_FAULTS_WHOLE_H
#define UAIO_FAULTS_WHOLE_H

#include "streams.h"
#include <sys/asynch.h>

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
    bool reading = SUBMIT(aio_read(&cb)), pending = reading && aio_error(&cb) == EINPROGRESS;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (pending)
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
