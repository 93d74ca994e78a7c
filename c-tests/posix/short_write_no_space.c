/* On a full filesystem a write is short, the next one ENOSPC. */
#include "test.h"
#include <sched.h>
#include <sys/mount.h>

int main(void)
{
    static char buf[2 << 20];
    struct aiocb cb;
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        SKIP("no mount namespace: %s", strerror(errno));
    if (mkdir("small", 0700) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "small", "tmpfs", 0, "size=1m") != 0)
        SKIP("no small filesystem: %s", strerror(errno));
    int fd = open("small/file", O_CREAT | O_RDWR, 0600);
    CHECK(fd >= 0);
    t_block(&cb, fd, buf, sizeof buf, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 1 << 20);
    t_block(&cb, fd, buf, sizeof buf, 1 << 20);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), ENOSPC);
    CHECK_EQ(aio_return(&cb), -1);
    return 0;
}
