/* The workload: one pass over the whole API, on which every promise is checked, also when a system call of the
 * library failed. It takes no memory and makes no threads of its own, so that what is caught is the library's. */
#ifndef UAIO_FAULTS_WORK_H
#define UAIO_FAULTS_WORK_H

#include "calls.h"

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

#endif
