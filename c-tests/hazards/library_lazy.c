/* Until the first request nothing starts: interposed calls and questions about blocks make no thread. */
/* not under: tsan: it has a thread of its own */
#include "test.h"
#include <dirent.h>

static int tasks(void)
{
    DIR *dir = opendir("/proc/self/task");
    int n = 0;
    CHECK(dir != NULL);
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        n += d->d_name[0] != '.';
    closedir(dir);
    return n;
}

int main(void)
{
    struct aiocb cb;
    const struct aiocb *list[1] = { NULL };
    memset(&cb, 0, sizeof cb);
    int null = open("/dev/null", O_RDONLY);
    for (int i = 0; i < 100; i++) {
        int fd = open("/dev/null", O_RDONLY), other = dup2(fd, 100);
        CHECK_EQ(other, 100);
        CHECK_EQ(dup3(fd, 101, O_CLOEXEC), 101);
        CHECK_EQ(close(fd), 0);
        CHECK_EQ(close_range(100, 101, 0), 0);
        CHECK_EQ(aio_suspend(list, 1, NULL), 0);
        CHECK_ERR(aio_cancel(100, NULL), EBADF);
        CHECK_EQ(aio_cancel(null, NULL), AIO_ALLDONE);
    }
    closefrom(100);
    pid_t pid = fork();
    if (pid == 0)
        _exit(tasks() != 1);
    t_child_ok(pid);
    CHECK_EQ(tasks(), 1);
    return 0;
}
