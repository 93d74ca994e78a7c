/* Nothing of a block is touched after its status is final: its memory may go at once. */
/* glibc: may fail: the sigevent is read after the status is set */
#include "test.h"

int main(void)
{
    static char buf[65536];
    int p[2], fd = t_filled(0, 1 << 20, 1);
    signal(SIGUSR1, SIG_IGN);
    t_pipe(p);
    for (int i = 0; i < 3000; i++) {
        struct aiocb *cb = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        t_block(cb, fd, buf, i % 7 ? 512 : sizeof buf, i % 100 * 4096);
        if (i % 2)
            t_sigev_signal(cb, SIGUSR1, i);
        if (i % 5 == 4) {
            cb->aio_fildes = p[0];
            cb->aio_nbytes = 1;
        }
        CHECK_OK(i % 5 == 3 ? aio_write(cb) : aio_read(cb));
        if (i % 5 == 4)
            t_write_all(p[1], "x", 1);
        while (aio_error(cb) == EINPROGRESS)
            ;
        CHECK_EQ(munmap(cb, 4096), 0);
    }
    return 0;
}
