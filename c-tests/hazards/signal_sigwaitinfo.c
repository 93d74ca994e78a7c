/* Completion signals blocked in all threads and taken with sigwaitinfo carry SI_ASYNCIO, our pid, uid and the value. */
#include "test.h"

enum { REQUESTS = 64 };

int main(void)
{
    int data = t_data(REQUESTS * 4096, O_DIRECT);
    unsigned char *buf = t_pages(REQUESTS * 4096, 0);
    static struct aiocb cb[REQUESTS];
    static bool seen[REQUESTS];
    t_block_signals();
    for (long n = t_scale(15); n > 0; n--) {
        memset(seen, 0, sizeof seen);
        for (int i = 0; i < REQUESTS; i++) {
            t_block(&cb[i], data, buf + i * 4096, 4096, i * 4096);
            t_sigev_signal(&cb[i], SIGRTMIN + 3, i);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        for (int i = 0; i < REQUESTS; i++) {
            siginfo_t info = t_take_signal(SIGRTMIN + 3);
            int which = info.si_value.sival_int;
            CHECK_EQ(info.si_code, SI_ASYNCIO);
            CHECK_EQ(info.si_pid, getpid());
            CHECK_EQ(info.si_uid, getuid());
            CHECK(which >= 0 && which < REQUESTS && !seen[which]);
            seen[which] = true;
            CHECK_EQ(aio_error(&cb[which]), 0);
            CHECK_EQ(aio_return(&cb[which]), 4096);
        }
    }
    t_no_signal();
    return 0;
}
