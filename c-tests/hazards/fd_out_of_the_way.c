/* Where a descriptor of ours cannot be avoided, it is close-on-exec, high, and not the program's to close. */
#include "every.h"

static bool before[20000];

int main(void)
{
    struct rlimit limit;
    struct every e = every_open();
    struct aiocb pending[2];
    char c[2];
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    int count = limit.rlim_cur < 20000 ? (int)limit.rlim_cur : 20000;
    for (int fd = 0; fd < count; fd++)
        before[fd] = fcntl(fd, F_GETFD) >= 0;
    every_once(&e);
    t_read_blocked(&pending[0], e.pipe[0], &c[0], 1);
    t_read_blocked(&pending[1], e.socket[0], &c[1], 1);
    for (int fd = 0; fd < count; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0 && !before[fd]) {
            CHECK(flags & FD_CLOEXEC);
            CHECK(fd >= count / 2);
            CHECK_ERR(close(fd), EBADF); /* the program never opened it */
            CHECK_EQ(fcntl(fd, F_GETFD), flags);
        }
        CHECK(flags >= 0 || !before[fd]);
    }
    CHECK_EQ(write(e.pipe[1], "x", 1), 1);
    CHECK_EQ(write(e.socket[1], "x", 1), 1);
    CHECK_EQ(t_finish(&pending[0]), 1);
    CHECK_EQ(t_finish(&pending[1]), 1);
    return 0;
}
