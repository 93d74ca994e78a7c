/* What the close_by_* tests share: writes outstanding on a number that is then taken away in some way. */
#ifndef UAIO_OVER_H
#define UAIO_OVER_H

#include "test.h"
#include <sys/ioctl.h>

enum { O_WRITES = 16, O_SIZE = 4096, O_NUMBER = 500 };

/* `take(fd, other)` must leave `fd` closed or, if `replaced`, being `other`. */
static inline void over_writes(void (*take)(int fd, int other), bool replaced, long rounds)
{
    unsigned char *out = t_pages(O_WRITES * O_SIZE, 0), *back = t_pages(O_SIZE, 0);
    for (long n = t_scale(rounds); n > 0; n--) {
        int keep = t_file(0), other = t_file(0);
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", keep);
        int opened = open(name, O_RDWR), fd = fcntl(opened, F_DUPFD, O_NUMBER);
        CHECK(opened >= 0 && fd >= O_NUMBER);
        close(opened);
        struct aiocb cb[O_WRITES];
        struct stat st;
        t_pattern(out, O_WRITES * O_SIZE, 0, (unsigned)n);
        for (int i = 0; i < O_WRITES; i++) {
            t_block(&cb[i], fd, out + i * O_SIZE, O_SIZE, i * O_SIZE);
            CHECK_EQ(aio_write(&cb[i]), 0);
        }
        take(fd, other);
        if (replaced) {
            CHECK_EQ(aio_cancel(fd, NULL), AIO_ALLDONE); /* never the former file's requests */
        } else {
            CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
            CHECK_ERR(aio_cancel(fd, NULL), EBADF);
            CHECK_EQ(fcntl(other, F_DUPFD, fd), fd);
        }
        for (int i = 0; i < O_WRITES; i++) {
            CHECK_EQ(t_finish(&cb[i]), O_SIZE);
            CHECK_EQ(pread(keep, back, O_SIZE, i * O_SIZE), O_SIZE);
            CHECK(t_same(back, O_SIZE, i * O_SIZE, (unsigned)n));
        }
        CHECK_EQ(fstat(other, &st), 0);
        CHECK_EQ(st.st_size, 0);
        close(fd);
        close(keep);
        close(other);
    }
}

/* The same for a read blocked on a pipe: it is cancelled, and the other end sees the close. */
static inline void over_read(void (*take)(int fd, int other), long rounds)
{
    int other = t_file(0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    for (long n = t_scale(rounds); n > 0; n--) {
        struct aiocb cb;
        int ends[2];
        char c = 0;
        t_pipe(ends);
        int fd = fcntl(ends[0], F_DUPFD, O_NUMBER);
        CHECK(fd >= O_NUMBER);
        close(ends[0]);
        t_read_blocked(&cb, fd, &c, 1);
        take(fd, other);
        CHECK_EQ(t_wait(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        CHECK_ERR(write(ends[1], "x", 1), EPIPE);
        CHECK_EQ(c, 0);
        close(ends[1]);
        close(fd);
    }
}

#endif
