/* aio_fsync with O_SYNC and O_DSYNC on files open in any way, and on directories, succeeds with 0. */
#include "test.h"

static void syncs(int fd)
{
    struct aiocb cb;
    CHECK(fd >= 0);
    t_block(&cb, fd, NULL, 0, 0);
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
    CHECK_OK(aio_fsync(O_DSYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
}

int main(void)
{
    syncs(open("file", O_CREAT | O_RDWR, 0600));
    syncs(open("file", O_RDONLY));
    syncs(open("file", O_WRONLY));
    syncs(open("file", O_WRONLY | O_APPEND));
    syncs(open(".", O_RDONLY | O_DIRECTORY));
    syncs(memfd_create("memory", 0));
    return 0;
}
