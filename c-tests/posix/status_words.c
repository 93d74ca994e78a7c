/* The status words in the block keep their meaning: EINPROGRESS, then 0 or an errno, and the count. */
/* not under: tsan: looks into a block that is in flight */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[8];
    struct aiocb cb;
    t_pipe(p);
    t_read_blocked(&cb, p[0], buf, sizeof buf);
    CHECK_EQ(cb.__error_code, EINPROGRESS);
    t_write_all(p[1], "abc", 3);
    CHECK_EQ(t_wait(&cb), 0);
    CHECK_EQ(cb.__error_code, 0);
    CHECK_EQ(cb.__return_value, 3);
    CHECK_EQ(aio_return(&cb), 3);

    t_block(&cb, -1, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EBADF);
    CHECK_EQ(cb.__error_code, EBADF);
    CHECK_EQ(cb.__return_value, -1);
    return 0;
}
