/* Submitting a block that is in flight: EINVAL, and the first request is unharmed. */
/* glibc: fails: undetected */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[10];
    struct aiocb cb;
    t_pipe(p);
    t_read_blocked(&cb, p[0], buf, sizeof buf);
    CHECK_ERR(aio_read(&cb), EINVAL);
    CHECK_ERR(aio_write(&cb), EINVAL);
    CHECK_ERR(aio_fsync(O_SYNC, &cb), EINVAL);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "abc", 3);
    CHECK_EQ(t_finish(&cb), 3);
    t_write_all(p[1], "de", 2);
    CHECK_EQ(read(p[0], buf, sizeof buf), 2);
    return 0;
}
