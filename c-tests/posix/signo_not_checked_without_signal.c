/* The signal number means nothing with SIGEV_NONE, SIGEV_THREAD and unknown kinds. */
#include "test.h"

static void nothing(union sigval value)
{
    sem_post(value.sival_ptr);
}

int main(void)
{
    static const int bad[] = { -1, 65, INT_MAX };
    char buf[16];
    sem_t called;
    struct aiocb cb;
    sem_init(&called, 0, 0);
    int fd = t_filled(0, sizeof buf, 1);
    for (int i = 0; i < 3; i++) {
        t_block(&cb, fd, buf, sizeof buf, 0);
        cb.aio_sigevent.sigev_signo = bad[i];
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
        cb.aio_sigevent.sigev_notify = 99;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
        t_sigev_thread(&cb, nothing, &called);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
        CHECK_EQ(sem_wait(&called), 0);
    }
    return 0;
}
