/* The workload on pipes, sockets and their like. */
#ifndef UAIO_FAULTS_STREAMS_H
#define UAIO_FAULTS_STREAMS_H

#include "work.h"
#include <sys/eventfd.h>

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

#endif
