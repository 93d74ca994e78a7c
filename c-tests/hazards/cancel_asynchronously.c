/* A thread of asynchronous cancel type is cancelled at any instant of aio_suspend, LIO_WAIT and close: others go on. */
/* not under: asan tsan: their runtimes run into the marks of the frames that a cancellation unwound, without uaio, too */
/* glibc: fails: close does not cancel a blocked read */
#include "test.h"

enum { SUSPEND, LIST, CLOSE, CALLS };

static int data, ends[2];
static struct aiocb blocked, entries[2];
static char c, page[2][512];
static atomic_int begun;

static void call_on(int which, int fd)
{
    const struct aiocb *one[] = { &blocked };
    struct aiocb *list[] = { &entries[0], &entries[1] };
    struct timespec moment = { 0, 1000 };
    switch (which) {
    case SUSPEND: aio_suspend(one, 1, &moment); break;
    case LIST: lio_listio(LIO_WAIT, list, 2, NULL); break;
    default: close(fd);
    }
}

static void *caller(void *arg)
{
    int *job = arg;
    CHECK_EQ(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL), 0);
    atomic_store(&begun, 1);
    do
        call_on(job[0], job[1]);
    while (job[0] != CLOSE);
    pthread_testcancel(); /* a closed number stays closed: only once */
    for (;;)
        pause();
    return NULL;
}

int main(void)
{
    t_pipe(ends);
    data = t_data(4096, 0);
    t_read_blocked(&blocked, ends[0], &c, 1);
    for (long n = 0; n < t_scale(900); n++) {
        pthread_t thread;
        void *result;
        struct aiocb on_closed;
        char byte;
        int job[2] = { (int)(n % CALLS), dup(ends[0]) };
        if (job[0] == CLOSE)
            t_read_blocked(&on_closed, job[1], &byte, 1);
        for (int i = 0; i < 2; i++) {
            t_block(&entries[i], data, page[i], 512, i * 512);
            entries[i].aio_lio_opcode = LIO_READ;
        }
        atomic_store(&begun, 0);
        CHECK_EQ(pthread_create(&thread, NULL, caller, job), 0);
        while (atomic_load(&begun) == 0)
            sched_yield();
        for (volatile long spin = n * 7919 % 20000; spin > 0; spin--)
            ; /* any instant */
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        if (fcntl(job[1], F_GETFD) >= 0)
            close(job[1]);
        if (job[0] == CLOSE)
            CHECK_EQ(t_wait(&on_closed), ECANCELED);
        for (int i = 0; job[0] == LIST && i < 2; i++) /* may be in flight: the blocks are used again */
            if (aio_error(&entries[i]) == EINPROGRESS)
                t_wait(&entries[i]);
        CHECK_EQ(aio_error(&blocked), EINPROGRESS);
    }
    t_write_all(ends[1], "x", 1);
    CHECK_EQ(t_finish(&blocked), 1);
    return 0;
}
