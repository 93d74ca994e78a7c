/* uaio_stats counts what the program does, by operation: requests, bytes, errors, cancellations and latencies. */
#include "../test.h"
#include <uaio.h>

enum { READS = 300, WRITES = 70, SYNCS = 5, BLOCK = 4096 };

static uaio_stats_t stats(void) {
    uaio_stats_t s = {.size = sizeof s};
    CHECK_OK(uaio_stats(&s));
    CHECK_EQ(s.size, sizeof s);
    return s;
}

/* Of all routes. */
static uaio_stats_cell_t total(const uaio_stats_t *s, int operation) {
    uaio_stats_cell_t sum = {0};
    for (int route = 0; route < UAIO_ROUTES; route++) {
        const uaio_stats_cell_t *cell = &s->cells[route][operation];
        sum.requests += cell->requests;
        sum.bytes += cell->bytes;
        sum.errors += cell->errors;
        CHECK(cell->p50_ns <= cell->p90_ns && cell->p90_ns <= cell->p99_ns);
        CHECK(cell->p99_ns <= cell->p999_ns && cell->p999_ns <= cell->max_ns);
        CHECK((cell->requests == 0) == (cell->max_ns == 0));
    }
    return sum;
}

static int await(struct aiocb *cb) {
    int error = t_wait(cb);
    aio_return(cb);
    return error;
}

int main(void) {
    static char buf[BLOCK];
    char name[] = "stats-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0 && unlink(name) == 0);
    uaio_stats_t s = stats(); /* begins to count */
    CHECK_EQ(total(&s, UAIO_OPERATION_READ).requests, 0);

    struct aiocb cb = {.aio_fildes = fd, .aio_buf = buf, .aio_nbytes = BLOCK};
    for (int i = 0; i < WRITES; i++) {
        cb.aio_offset = (off_t)i * BLOCK;
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(await(&cb), 0);
    }
    for (int i = 0; i < READS; i++) {
        cb.aio_offset = (off_t)(i % WRITES) * BLOCK;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(await(&cb), 0);
    }
    for (int i = 0; i < SYNCS; i++) {
        CHECK_OK(aio_fsync(O_DSYNC, &cb));
        CHECK_EQ(await(&cb), 0);
    }
    s = stats();
    CHECK_EQ(total(&s, UAIO_OPERATION_WRITE).requests, WRITES);
    CHECK_EQ(total(&s, UAIO_OPERATION_WRITE).bytes, WRITES * BLOCK);
    CHECK_EQ(total(&s, UAIO_OPERATION_READ).requests, READS);
    CHECK_EQ(total(&s, UAIO_OPERATION_READ).bytes, READS * BLOCK);
    CHECK_EQ(total(&s, UAIO_OPERATION_FDATASYNC).requests, SYNCS);
    CHECK_EQ(total(&s, UAIO_OPERATION_FSYNC).requests, 0);
    CHECK(s.outstanding_max >= 1 && s.threads_started >= 1 && s.threads_started >= s.threads_alive);

    /* A call that fails, a request that fails, and one that is cancelled. */
    cb.aio_offset = -1;
    CHECK_ERR(aio_read(&cb), EINVAL);
    cb.aio_offset = 0;
    cb.aio_fildes = -1;
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(await(&cb), EBADF);
    int pipe_fds[2];
    CHECK(pipe(pipe_fds) == 0);
    cb.aio_fildes = pipe_fds[0];
    CHECK_OK(aio_read(&cb));
    s = stats();
    CHECK(s.outstanding >= 1); /* the one before may have ended just now */
    CHECK_EQ(aio_cancel(pipe_fds[0], &cb), AIO_CANCELED);
    CHECK_EQ(await(&cb), ECANCELED);
    s = stats();
    CHECK_EQ(s.refused, 1);
    CHECK_EQ(s.cancelled, 1);
    CHECK_EQ(total(&s, UAIO_OPERATION_READ).errors, 1);
    CHECK_EQ(total(&s, UAIO_OPERATION_READ).requests, READS + 2);
    CHECK_EQ(s.cells[UAIO_ROUTE_NONE][UAIO_OPERATION_READ].errors, 1);
    return 0;
}
