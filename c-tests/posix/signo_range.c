/* A signal number outside 0..64: EINVAL at the call for SIGEV_SIGNAL and SIGEV_THREAD_ID. */
/* glibc: fails: nothing is said, or by the result of good I/O */
#include "test.h"

int main(void)
{
    static const int notify[] = { SIGEV_SIGNAL, SIGEV_THREAD_ID };
    static const int bad[] = { -1, 65, INT_MIN, INT_MAX };
    char buf[16];
    int fd = t_filled(0, sizeof buf, 1);
    struct aiocb cb;
    for (int n = 0; n < 2; n++)
        for (int i = 0; i < 4; i++) {
            t_block(&cb, fd, buf, sizeof buf, 0);
            cb.aio_sigevent.sigev_notify = notify[n];
            cb.aio_sigevent.sigev_signo = bad[i];
            cb.aio_sigevent.sigev_notify_thread_id = gettid();
            CHECK_ERR(aio_read(&cb), EINVAL);
            CHECK_EQ(aio_error(&cb), EINVAL);
            cb.__error_code = 0;
            CHECK_ERR(aio_write(&cb), EINVAL);
            CHECK_EQ(aio_error(&cb), EINVAL);
        }
    return 0;
}
