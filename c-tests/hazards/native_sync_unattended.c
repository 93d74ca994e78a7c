/* A sync that waits for direct requests is issued and signalled although the program makes no further call. */
#include "test.h"

int main(void)
{
    enum { N = 100 };
    static struct aiocb cb[N], sync;
    unsigned char *buf = t_pages(4096, 7);
    int fd = t_data(N * 4096, O_DIRECT);
    t_block_signals();
    for (int turn = 0; turn < 20; turn++) {
        for (int i = 0; i < N; i++) {
            t_block(&cb[i], fd, buf, 4096, i * 4096);
            CHECK_EQ(aio_write(&cb[i]), 0);
        }
        t_block(&sync, fd, NULL, 0, 0);
        t_sigev_signal(&sync, SIGRTMIN, turn);
        CHECK_EQ(aio_fsync(O_SYNC, &sync), 0);
        siginfo_t info = t_take_signal(SIGRTMIN);
        CHECK_EQ(info.si_value.sival_int, turn);
        for (int i = 0; i < N; i++) {
            CHECK_EQ(aio_error(&cb[i]), 0);
            CHECK_EQ(aio_return(&cb[i]), 4096);
        }
    }
    return 0;
}
