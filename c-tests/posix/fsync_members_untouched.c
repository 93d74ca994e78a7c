/* aio_fsync writes no member that the program set. */
/* glibc: fails: it overwrites aio_reqprio and aio_lio_opcode */
#include "test.h"

int main(void)
{
    struct aiocb cb, before;
    t_block(&cb, t_file(0), &cb, 77, 88);
    cb.aio_reqprio = 3;
    before = cb;
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
    CHECK_EQ(cb.aio_fildes, before.aio_fildes);
    CHECK_EQ(cb.aio_lio_opcode, before.aio_lio_opcode);
    CHECK_EQ(cb.aio_reqprio, before.aio_reqprio);
    CHECK(cb.aio_buf == before.aio_buf);
    CHECK_EQ(cb.aio_nbytes, before.aio_nbytes);
    CHECK_EQ(cb.aio_offset, before.aio_offset);
    CHECK(memcmp(&cb.aio_sigevent, &before.aio_sigevent, sizeof cb.aio_sigevent) == 0);
    return 0;
}
