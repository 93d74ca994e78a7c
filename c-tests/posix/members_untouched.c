/* No member that the program set is ever written, from submission to aio_return. */
/* glibc: fails: aio_read and aio_write overwrite aio_lio_opcode */
#include "test.h"

static void same(const struct aiocb *got, const struct aiocb *want)
{
    CHECK_EQ(got->aio_fildes, want->aio_fildes);
    CHECK_EQ(got->aio_lio_opcode, want->aio_lio_opcode);
    CHECK_EQ(got->aio_reqprio, want->aio_reqprio);
    CHECK(got->aio_buf == want->aio_buf);
    CHECK_EQ(got->aio_nbytes, want->aio_nbytes);
    CHECK_EQ(got->aio_offset, want->aio_offset);
    CHECK(memcmp(&got->aio_sigevent, &want->aio_sigevent, sizeof got->aio_sigevent) == 0);
}

static void whole_life(int (*submit)(struct aiocb *), int fd, void *buf)
{
    struct aiocb cb, before;
    for (int prio = 0; prio <= 20; prio += 5) {
        t_block(&cb, fd, buf, 512, 1024);
        cb.aio_reqprio = prio;
        before = cb;
        CHECK_OK(submit(&cb));
        same(&cb, &before);
        CHECK_EQ(t_wait(&cb), 0);
        same(&cb, &before);
        CHECK_EQ(aio_return(&cb), 512);
        same(&cb, &before);
    }
}

int main(void)
{
    char buf[512] = "x";
    int fd = t_filled(0, 4096, 1);
    whole_life(aio_write, fd, buf);
    whole_life(aio_read, fd, buf);
    return 0;
}
