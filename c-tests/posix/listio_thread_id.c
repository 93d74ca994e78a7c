/* SIGEV_THREAD_ID as sig of lio_listio: to that thread, once, after the last. */
/* glibc: fails: silently ignored */
#include "test.h"

int main(void)
{
    enum { COUNT = 10 };
    char c[COUNT];
    sigset_t one, pending;
    struct aiocb cb[COUNT], *list[COUNT];
    struct sigevent sig = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 4 };
    t_block_signals();
    sig.sigev_notify_thread_id = gettid();
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN);
    int fd = t_filled(0, COUNT, 1);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, &c[i], 1, i);
        cb[i].aio_lio_opcode = LIO_READ;
        list[i] = &cb[i];
    }
    CHECK_OK(lio_listio(LIO_NOWAIT, list, COUNT, &sig));
    CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, 4);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(aio_error(&cb[i]), 0);
    CHECK_EQ(sigpending(&pending), 0);
    CHECK_EQ(sigismember(&pending, SIGRTMIN), 0);
    t_no_signal();
    return 0;
}
