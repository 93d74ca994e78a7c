/* What the eintr_* tests share: requests of every kind kept in flight by the main thread, which then blocks in
 * some other call. Completions must never interrupt that call. */
#ifndef UAIO_EINTR_H
#define UAIO_EINTR_H

#include "test.h"

enum { E_DIRECT = 8, E_COLD = 4, E_PIPE = 4, E_SYNC = 1, E_ALL = E_DIRECT + E_COLD + E_PIPE + E_SYNC };
enum { E_BLOCK = 4096, E_BLOCKS = 1024 };

static struct {
    struct aiocb cb[E_ALL];
    bool busy[E_ALL];
    unsigned char *buf;
    int direct, cold, pipes[E_PIPE][2];
    long done;
    unsigned turn;
    atomic_bool stop;
    pthread_t feeder;
} e_load;

/* Ends the pipe reads while the main thread is blocked. */
static void *e_feed(void *unused)
{
    while (!atomic_load(&e_load.stop)) {
        for (int i = 0; i < E_PIPE; i++)
            CHECK_EQ(write(e_load.pipes[i][1], "x", 1), 1);
        struct timespec pause = { 0, 300000 };
        nanosleep(&pause, NULL);
    }
    return unused;
}

static inline void e_start(void)
{
    e_load.direct = t_data(E_BLOCK * E_BLOCKS, O_DIRECT);
    e_load.cold = t_data(E_BLOCK * E_BLOCKS, 0);
    e_load.buf = t_pages(E_BLOCK * E_ALL, 0);
    for (int i = 0; i < E_PIPE; i++)
        t_pipe(e_load.pipes[i]);
    sigset_t all, old;
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &all, &old), 0);
    CHECK_EQ(pthread_create(&e_load.feeder, NULL, e_feed, NULL), 0);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &old, NULL), 0);
}

static inline bool e_reap(int i)
{
    struct aiocb *cb = &e_load.cb[i];
    if (!e_load.busy[i])
        return true;
    int error = aio_error(cb);
    if (error == EINPROGRESS)
        return false;
    CHECK_EQ(error, 0);
    ssize_t got = aio_return(cb);
    if (i < E_DIRECT + E_COLD) {
        CHECK_EQ(got, E_BLOCK);
        CHECK(t_same((void *)cb->aio_buf, E_BLOCK, cb->aio_offset, 0));
    } else if (i < E_DIRECT + E_COLD + E_PIPE) {
        CHECK(got >= 1);
    } else {
        CHECK_EQ(got, 0);
    }
    e_load.done++;
    e_load.busy[i] = false;
    return true;
}

/* Fills every idle slot. What is in flight was submitted by the calling thread. */
static inline void e_submit(void)
{
    for (int i = 0; i < E_ALL; i++) {
        if (!e_reap(i))
            continue;
        struct aiocb *cb = &e_load.cb[i];
        unsigned char *buf = e_load.buf + i * E_BLOCK;
        off_t off = (off_t)(e_load.turn++ * 37 % E_BLOCKS) * E_BLOCK;
        if (i < E_DIRECT) {
            t_block(cb, e_load.direct, buf, E_BLOCK, off);
            CHECK_EQ(aio_read(cb), 0);
        } else if (i < E_DIRECT + E_COLD) {
            posix_fadvise(e_load.cold, off, E_BLOCK, POSIX_FADV_DONTNEED);
            t_block(cb, e_load.cold, buf, E_BLOCK, off);
            CHECK_EQ(aio_read(cb), 0);
        } else if (i < E_DIRECT + E_COLD + E_PIPE) {
            t_block(cb, e_load.pipes[i - E_DIRECT - E_COLD][0], buf, E_BLOCK, 0);
            CHECK_EQ(aio_read(cb), 0);
        } else {
            t_block(cb, e_load.cold, NULL, 0, 0);
            CHECK_EQ(aio_fsync(O_DSYNC, cb), 0);
        }
        e_load.busy[i] = true;
    }
}

static inline void e_finish(void)
{
    for (int i = 0; i < E_ALL; i++)
        while (!e_reap(i)) {
            const struct aiocb *list[1] = { &e_load.cb[i] };
            struct timespec bound = { 5, 0 };
            CHECK_EQ(aio_suspend(list, 1, &bound), 0);
        }
    atomic_store(&e_load.stop, true);
    CHECK_EQ(pthread_join(e_load.feeder, NULL), 0);
    CHECK(e_load.done > 0);
}

/* The whole test: `call` blocks about a millisecond and says what it returned; errno tells the rest. */
#define EINTR_TEST(rounds, call)                                                                   \
    do {                                                                                           \
        e_start();                                                                                 \
        for (long i_ = t_scale(rounds); i_ > 0; i_--) {                                            \
            e_submit();                                                                            \
            errno = 0;                                                                             \
            long ret_ = (long)(call);                                                              \
            if (ret_ < 0 && errno == EINTR)                                                        \
                FAIL("%s was interrupted although no signal was sent", #call);                     \
        }                                                                                          \
        e_finish();                                                                                \
        t_figure(0, t_scale(rounds), "calls interrupted");                                         \
    } while (0)

#endif
