/* After _Fork and a raw fork system call, which run no handlers, child and parent both go on doing AIO. */
/* glibc: fails: the child waits for threads that only the parent has */
/* not under: tsan: the locks of its heap do not survive a fork from several threads */
#include "child.h"

int main(void)
{
    int data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), ends[2];
    t_pipe(ends);
    for (long n = t_scale(30); n > 0; n--) {
        struct aiocb pending;
        char c = 0;
        child_aio(data, direct);
        t_block(&pending, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&pending), 0);
        pid_t pid = n & 1 ? _Fork() : (pid_t)syscall(SYS_fork);
        if (pid == 0) {
            CHECK_ERR(aio_error(&pending), EINVAL);
            CHECK_ERR(aio_return(&pending), EINVAL);
            child_aio(data, direct);
            _exit(0);
        }
        child_aio(data, direct);
        t_child_ok(pid);
        CHECK_EQ(aio_error(&pending), EINPROGRESS);
        CHECK_EQ(write(ends[1], "r", 1), 1);
        CHECK_EQ(t_finish(&pending), 1);
        CHECK_EQ(c, 'r');
    }
    return 0;
}
