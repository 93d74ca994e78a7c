/* What cannot be read or written gives the error that read and write give, by aio_error. */
#include "test.h"
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

static void same(int fd)
{
    char buf[64] = "x";
    struct aiocb cb;
    CHECK(fd >= 0);
    CHECK_EQ(read(fd, buf, sizeof buf), -1);
    int want = errno;
    t_block(&cb, fd, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), want);
    CHECK_EQ(aio_return(&cb), -1);
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQ(write(fd, buf, sizeof buf), -1);
    want = errno;
    signal(SIGPIPE, SIG_DFL);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), want);
    CHECK_EQ(aio_return(&cb), -1);
}

int main(void)
{
    same(epoll_create1(0));
    same(open(".", O_RDONLY));
    int listening = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr addr = { .sa_family = AF_UNIX };
    CHECK_EQ(bind(listening, &addr, sizeof addr.sa_family), 0);
    CHECK_EQ(listen(listening, 1), 0);
    same(listening);
    same(socket(AF_UNIX, SOCK_STREAM, 0));
    same(socket(AF_INET, SOCK_STREAM, 0));
    int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (pidfd >= 0)
        same(pidfd);
    return 0;
}
