/* A sync that waits for an earlier write is cancelled, alone or with all of its descriptor; the next sync waits for the write. */
#include "slow.h"

int main(void)
{
    enum { SIZE = 4096 };
    unsigned char *buf = t_pages(SIZE, 'w');
    t_block_signals();
    s_mount();
    int fd = s_open(0);
    for (int all = 0; all < 2; all++) {
        struct aiocb held, sync, later;
        long before = atomic_load(&slow->writes);
        s_hold(SIZE);
        t_block(&held, fd, buf, SIZE, 0);
        CHECK_EQ(aio_write(&held), 0);
        s_arrived(&slow->writes, before + 1);
        t_block(&sync, fd, NULL, 0, 0);
        t_sigev_signal(&sync, SIGRTMIN, all);
        CHECK_EQ(aio_fsync(O_SYNC, &sync), 0);
        CHECK_EQ(aio_error(&sync), EINPROGRESS);
        CHECK_EQ(aio_cancel(fd, all ? NULL : &sync), all ? AIO_NOTCANCELED : AIO_CANCELED);
        CHECK_EQ(aio_error(&sync), ECANCELED);
        CHECK_EQ(aio_return(&sync), -1);
        CHECK_EQ(t_take_signal(SIGRTMIN).si_value.sival_int, all);
        t_block(&later, fd, NULL, 0, 0);
        CHECK_EQ(aio_fsync(O_SYNC, &later), 0);
        usleep(20000); /* so that a library that has forgotten the write has synchronised */
        CHECK_EQ(aio_error(&later), EINPROGRESS);
        CHECK_EQ(aio_error(&held), EINPROGRESS);
        s_hold(0);
        CHECK_EQ(t_finish(&held), SIZE);
        CHECK_EQ(t_finish(&later), 0);
        t_no_signal();
    }
    close(fd);
    s_unmount();
    return 0;
}
