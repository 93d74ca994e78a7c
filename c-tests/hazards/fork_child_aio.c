/* Children of a process that used AIO do AIO of their own, grandchildren too. */
/* glibc: fails: the child counts the parent's idle threads as its own and waits for them */
/* not under: tsan: the locks of its heap do not survive a fork from several threads */
#include "child.h"

int main(void)
{
    int data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT);
    for (long n = t_scale(30); n > 0; n--) {
        child_aio(data, direct);
        pid_t pid = fork();
        if (pid == 0) {
            child_aio(data, direct);
            pid = fork();
            if (pid == 0) {
                child_aio(data, direct);
                exit(0);
            }
            t_child_ok(pid);
            child_aio(data, direct);
            exit(0);
        }
        child_aio(data, direct);
        t_child_ok(pid);
    }
    return 0;
}
