/* aio_fsync of what cannot be synced: EINVAL by aio_error. */
#include "test.h"

static void einval(int fd)
{
    struct aiocb cb;
    t_block(&cb, fd, NULL, 0, 0);
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_wait(&cb), EINVAL);
    CHECK_EQ(aio_return(&cb), -1);
    CHECK_OK(aio_fsync(O_DSYNC, &cb));
    CHECK_EQ(t_wait(&cb), EINVAL);
    CHECK_EQ(aio_return(&cb), -1);
}

int main(void)
{
    int p[2], s[2];
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    einval(p[0]);
    einval(p[1]);
    einval(s[0]);
    einval(open("/dev/null", O_RDWR));
    return 0;
}
