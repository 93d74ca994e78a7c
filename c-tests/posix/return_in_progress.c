/* aio_return while the request is in progress: -1 with EINVAL, and the request goes on. */
/* glibc: fails: whatever the word in the block says */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[10];
    struct aiocb cb;
    t_pipe(p);
    t_block(&cb, p[0], buf, sizeof buf, 0);
    cb.__return_value = 5;
    CHECK_OK(aio_read(&cb));
    CHECK_ERR(aio_return(&cb), EINVAL);
    CHECK_ERR(aio_return(&cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "abc", 3);
    CHECK_EQ(t_finish(&cb), 3);
    return 0;
}
