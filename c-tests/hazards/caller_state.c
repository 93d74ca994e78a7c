/* No call changes errno when it succeeds, nor the signal mask, the cancel state and type, or the floating-point state. */
#include "test.h"
#include <xmmintrin.h>

struct state {
    sigset_t mask;
    int cancel_state, cancel_type;
    unsigned short x87;
    unsigned mxcsr;
};

static struct state now(void)
{
    struct state s;
    memset(&s, 0, sizeof s);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, NULL, &s.mask), 0);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &s.cancel_state);
    pthread_setcancelstate(s.cancel_state, NULL);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &s.cancel_type);
    pthread_setcanceltype(s.cancel_type, NULL);
    __asm__ volatile("fnstcw %0" : "=m"(s.x87));
    s.mxcsr = _mm_getcsr() & ~0x3fu; /* the test itself may set exception flags */
    return s;
}

#define SAME(call, want)                                                                           \
    do {                                                                                           \
        struct state before_ = now();                                                              \
        errno = 12345;                                                                             \
        long long answer_ = (long long)(call);                                                        \
        int code_ = errno;                                                                        \
        struct state after_ = now();                                                               \
        CHECK_EQ(answer_, want);                                                                      \
        if (answer_ != -1)                                                                            \
            CHECK_EQ(code_, 12345);                                                               \
        if (memcmp(&before_, &after_, sizeof after_) != 0)                                         \
            FAIL("%s changed the state of the thread", #call);                                     \
    } while (0)

static int data, direct, file, ends[2];

static void *send_soon(void *unused)
{
    usleep(1000);
    CHECK_EQ(write(ends[1], "s", 1), 1);
    return unused;
}

static void everything(void)
{
    static unsigned char page[4096] __attribute__((aligned(4096)));
    struct aiocb cb, other, *list[2] = { &cb, NULL };
    const struct aiocb *clist[2] = { &cb, NULL };
    struct timespec zero = { 0, 0 }, bound = { 10, 0 };
    pthread_t thread;
    t_block(&cb, data, page, 512, 0);
    SAME(aio_read(&cb), 0);
    SAME(aio_suspend(clist, 2, &bound), 0);
    SAME(aio_error(&cb), 0);
    SAME(aio_return(&cb), 512);
    t_block(&cb, direct, page, 4096, 0);
    SAME(aio_read(&cb), 0);
    SAME(aio_suspend(clist, 2, NULL), 0);
    SAME(aio_return(&cb), 4096);
    t_block(&cb, file, page, 512, 0);
    SAME(aio_write(&cb), 0);
    t_block(&other, file, NULL, 0, 0);
    SAME(aio_fsync(O_SYNC, &other), 0);
    CHECK_EQ(t_wait(&cb), 0);
    CHECK_EQ(t_wait(&other), 0);
    SAME(aio_return(&other), 0);
    t_block(&cb, ends[0], page, 1, 0);
    SAME(aio_read(&cb), 0);
    SAME(aio_error(&cb), EINPROGRESS);
    SAME(aio_suspend(clist, 1, &zero), -1);
    CHECK_EQ(pthread_create(&thread, NULL, send_soon, NULL), 0);
    SAME(aio_suspend(clist, 1, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    SAME(aio_cancel(ends[0], &cb), AIO_ALLDONE);
    SAME(aio_cancel(ends[0], NULL), AIO_ALLDONE);
    SAME(aio_cancel(-1, NULL), -1);
    t_block(&cb, direct, page, 4096, 0);
    cb.aio_lio_opcode = LIO_READ;
    SAME(lio_listio(LIO_WAIT, list, 2, NULL), 0);
    t_block(&cb, direct, page, 4096, 0);
    cb.aio_lio_opcode = LIO_READ;
    SAME(lio_listio(LIO_NOWAIT, list, 2, NULL), 0);
    CHECK_EQ(t_wait(&cb), 0);
    int fd = dup(file);
    t_block(&cb, fd, page, 512, 0);
    CHECK_EQ(aio_write(&cb), 0);
    SAME(dup2(fd, 200), 200);
    SAME(dup3(fd, 201, O_CLOEXEC), 201);
    SAME(close(fd), 0);
    SAME(close(-1), -1);
    SAME(close_range(200, 201, 0), 0);
    t_wait(&cb); /* glibc: EBADF */
}

static void *in_thread(void *unused)
{
    everything();
    return unused;
}

int main(void)
{
    sigset_t some;
    pthread_t thread;
    data = t_data(4096, 0), direct = t_data(4096, O_DIRECT), file = t_file(0);
    t_pipe(ends);
    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    sigaddset(&some, SIGRTMAX);
    for (long n = t_scale(10); n > 0; n--) {
        everything();
        CHECK_EQ(pthread_sigmask(SIG_SETMASK, &some, NULL), 0);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        pthread_setcanceltype(n & 1 ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED, NULL);
        unsigned mxcsr = _mm_getcsr();
        unsigned short x87, toward_zero;
        __asm__ volatile("fnstcw %0" : "=m"(x87));
        toward_zero = x87 | 0xc00;
        __asm__ volatile("fldcw %0" : : "m"(toward_zero));
        _mm_setcsr(mxcsr | 0xe040); /* round toward zero, flush to zero, denormals are zero */
        everything();
        CHECK_EQ(pthread_create(&thread, NULL, in_thread, NULL), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        _mm_setcsr(mxcsr);
        __asm__ volatile("fldcw %0" : : "m"(x87));
        pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
        sigfillset(&some);
    }
    t_figure(0, t_scale(10) * 3, "rounds over all calls that changed the caller's state");
    return 0;
}
