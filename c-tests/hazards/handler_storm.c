/* A 5 kHz signal whose handler calls every AIO function, and resubmits, while the main thread is in each of them. */
/* glibc: fails: a handler that interrupts a call waits for the lock that the call holds */
/* not under: tsan: its handler may be the first that needs a thread, whose start takes memory */
#include "test.h"

enum { SIZE = 512 };

static int data, direct, file, ends[2], silent[2];
static struct aiocb resubmitted, blocked;
static char resubmitted_buf[SIZE];
static bool resubmitted_used;
static long storms;

/* Everything, on blocks of the handler's own stack frame. */
static void on_storm(int sig)
{
    int saved = errno;
    static long turn;
    struct aiocb cb, sync, stuck;
    char buf[SIZE], c;
    const struct aiocb *both[2] = { &cb, NULL };
    struct aiocb *list[1] = { &cb };
    struct timespec zero = { 0, 0 }, bound = { 10, 0 };
    off_t off = (turn++ % 100) * SIZE;
    (void)sig;
    storms++;
    /* what a completion handler does: look, take the result, submit the same block again */
    if (!resubmitted_used || aio_error(&resubmitted) != EINPROGRESS) {
        if (resubmitted_used) {
            CHECK_EQ(aio_error(&resubmitted), 0);
            CHECK_EQ(aio_return(&resubmitted), SIZE);
            CHECK(t_same(resubmitted_buf, SIZE, resubmitted.aio_offset, 0));
        }
        t_block(&resubmitted, data, resubmitted_buf, SIZE, off);
        CHECK_EQ(aio_read(&resubmitted), 0);
        resubmitted_used = true;
    }
    switch (turn % 6) {
    case 0:
        t_block(&cb, data, buf, SIZE, off);
        CHECK_EQ(aio_read(&cb), 0);
        break;
    case 1:
        t_pattern(buf, SIZE, 0, 1);
        t_block(&cb, file, buf, SIZE, 1 << 20);
        CHECK_EQ(aio_write(&cb), 0);
        break;
    case 2:
        t_block(&cb, data, buf, SIZE, off);
        cb.aio_lio_opcode = LIO_READ;
        CHECK_EQ(lio_listio(LIO_WAIT, list, 1, NULL), 0);
        break;
    case 3:
        t_block(&cb, data, buf, SIZE, off);
        cb.aio_lio_opcode = LIO_READ;
        CHECK_EQ(lio_listio(LIO_NOWAIT, list, 1, NULL), 0);
        break;
    case 4:
        t_block(&sync, file, NULL, 0, 0);
        CHECK_EQ(aio_fsync(O_DSYNC, &sync), 0);
        both[1] = &sync;
        while (aio_error(&sync) == EINPROGRESS)
            CHECK_EQ(aio_suspend(both + 1, 1, &bound), 0);
        CHECK_EQ(aio_return(&sync), 0);
        goto out;
    default:
        t_block(&stuck, silent[0], &c, 1, 0);
        CHECK_EQ(aio_read(&stuck), 0);
        both[0] = &stuck;
        CHECK_ERR(aio_suspend(both, 1, &zero), EAGAIN);
        CHECK_EQ(aio_cancel(silent[0], &stuck), AIO_CANCELED);
        CHECK_EQ(aio_error(&stuck), ECANCELED);
        CHECK_EQ(aio_return(&stuck), -1);
        goto out;
    }
    while (aio_error(&cb) == EINPROGRESS)
        CHECK_EQ(aio_suspend(both, 2, &bound), 0);
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return(&cb), SIZE);
out:
    errno = saved;
}

int main(void)
{
    static unsigned char buf[8][4096] __attribute__((aligned(4096)));
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    struct itimerspec every = { { 0, 200000 }, { 0, 200000 } };
    timer_t timer;
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), file = t_file(0);
    t_pipe(ends);
    t_pipe(silent);
    t_handle(SIGUSR1, on_storm, SA_RESTART);
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    CHECK_EQ(timer_settime(timer, 0, &every, NULL), 0);
    double until = t_now() + 3.0 * (double)t_scale(1);
    for (unsigned turn = 0; t_now() < until; turn++) {
        struct aiocb r, d, w, p, q, s, *list[3];
        off_t off = (off_t)(turn % 16) * 4096;
        t_block(&p, ends[0], buf[3], 1, 0);
        CHECK_EQ(aio_read(&p), 0);
        t_block(&r, data, buf[0], 4096, off);
        CHECK_EQ(aio_read(&r), 0);
        t_block(&d, direct, buf[1], 4096, off);
        CHECK_EQ(aio_read(&d), 0);
        t_pattern(buf[2], 4096, 0, turn);
        t_block(&w, file, buf[2], 4096, off);
        CHECK_EQ(aio_write(&w), 0);
        t_block(&s, file, NULL, 0, 0);
        CHECK_EQ(aio_fsync(O_SYNC, &s), 0);
        const struct aiocb *all[3] = { &r, &d, &w };
        while (aio_error(&r) == EINPROGRESS && aio_error(&d) == EINPROGRESS && aio_error(&w) == EINPROGRESS)
            CHECK_EQ(aio_suspend(all, 3, NULL), 0);
        CHECK_EQ(t_finish(&r), 4096);
        CHECK(t_same(buf[0], 4096, off, 0));
        CHECK_EQ(t_finish(&d), 4096);
        CHECK(t_same(buf[1], 4096, off, 0));
        CHECK_EQ(t_finish(&w), 4096);
        CHECK_EQ(t_finish(&s), 0);
        CHECK_EQ(pread(file, buf[4], 4096, off), 4096);
        CHECK(t_same(buf[4], 4096, 0, turn));
        t_block(&q, ends[1], "q", 1, 0);
        q.aio_lio_opcode = LIO_WRITE;
        t_block(&r, data, buf[5], 4096, off);
        r.aio_lio_opcode = LIO_READ;
        list[0] = &q, list[1] = NULL, list[2] = &r;
        if (turn & 1) {
            if (lio_listio(LIO_WAIT, list, 3, NULL) != 0)
                CHECK_EQ(errno, EINTR);
        } else {
            CHECK_EQ(lio_listio(LIO_NOWAIT, list, 3, NULL), 0);
        }
        CHECK_EQ(t_finish(&r), 4096);
        CHECK(t_same(buf[5], 4096, off, 0));
        CHECK_EQ(t_finish(&q), 1);
        CHECK_EQ(t_finish(&p), 1);
        CHECK_EQ(buf[3][0], 'q');
        t_block(&blocked, ends[0], buf[6], 1, 0);
        CHECK_EQ(aio_read(&blocked), 0);
        CHECK_EQ(aio_cancel(ends[0], turn & 2 ? NULL : &blocked), AIO_CANCELED);
        CHECK_EQ(aio_error(&blocked), ECANCELED);
        CHECK_EQ(aio_return(&blocked), -1);
    }
    CHECK(storms > 0);
    t_figure(0, storms, "handler runs that hung");
    return 0;
}
