/* aio_return while a sync is in progress: -1, errno stays, and the sync goes on (aio_fsync/4-2 of the conformance suite). */
/* glibc: fails: it gives 0 */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb read, sync;
    t_pipe(p);
    t_read_blocked(&read, p[0], &c, 1);
    /* It waits for the read, which is outstanding on the same file. */
    t_block(&sync, p[0], NULL, 0, 0);
    CHECK_OK(aio_fsync(O_SYNC, &sync));
    errno = 12345;
    CHECK_EQ(aio_return(&sync), -1);
    CHECK_EQ(aio_return(&sync), -1);
    CHECK_EQ(errno, 12345);
    CHECK_EQ(aio_error(&sync), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&read), 1);
    CHECK_EQ(t_wait(&sync), EINVAL);
    CHECK_EQ(aio_return(&sync), -1);
    CHECK_ERR(aio_return(&sync), EINVAL);
    return 0;
}
