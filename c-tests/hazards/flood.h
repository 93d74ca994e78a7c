/* Signals that one thread queues, in order, while the other makes requests: many come where the library holds a lock. */
#ifndef UAIO_FLOOD_H
#define UAIO_FLOOD_H

#include "test.h"

enum { F_QUEUED = 20000, F_READS = 16 };

static int f_number;
/* Counted by the handler, which may interrupt itself. */
static volatile int f_arrived;

static inline void *f_queue_all(void *unused)
{
    for (int value = 0; value < F_QUEUED; value++) {
        while (sigqueue(getpid(), f_number, (union sigval){ .sival_int = value }) != 0)
            CHECK_EQ(errno, EAGAIN);
        while (f_arrived < value - 100)
            sched_yield();
    }
    return unused;
}

/* Starts the thread that queues them, which itself takes no signal. */
static inline pthread_t f_start(int number)
{
    sigset_t all, before;
    pthread_t sender;
    f_number = number;
    sigfillset(&all);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
    CHECK_EQ(pthread_create(&sender, NULL, f_queue_all, NULL), 0);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    return sender;
}

/* Reads that wait, from an empty pipe, and are cancelled, until all signals have arrived. */
static inline void f_request(int fd, pthread_t sender)
{
    static struct aiocb blocks[F_READS];
    static char bytes[F_READS];
    while (f_arrived < F_QUEUED) {
        for (int i = 0; i < F_READS; i++) {
            t_block(&blocks[i], fd, &bytes[i], 1, 0);
            CHECK_EQ(aio_read(&blocks[i]), 0);
        }
        CHECK_EQ(aio_cancel(fd, NULL), AIO_CANCELED);
        for (int i = 0; i < F_READS; i++) {
            CHECK_EQ(aio_error(&blocks[i]), ECANCELED);
            CHECK_EQ(aio_return(&blocks[i]), -1);
        }
    }
    CHECK_EQ(pthread_join(sender, NULL), 0);
    CHECK_EQ(f_arrived, F_QUEUED);
}

#endif
