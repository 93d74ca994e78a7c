/* A forked child starts with nothing for aio_waitn, and the parent keeps what it has. */
#include "solaris.h"

int main(void)
{
    struct aiocb a, stuck, mine, *list[4];
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    unsigned n = 1;
    t_pipe(p);
    t_read_blocked(&stuck, p[0], &c, 1);
    for (int i = 0; i < 10; i++) {
        t_block(&a, fd, &d, 1, 0);
        CHECK_EQ(aio_read(&a), 0);
        CHECK_EQ(t_wait(&a), 0);
        pid_t child = fork();
        if (child == 0) {
            n = 1;
            CHECK_ERR(aio_waitn(list, 4, &n, NULL), EAGAIN);
            CHECK_EQ(n, 0);
            t_block(&mine, fd, &d, 1, 0);
            CHECK_EQ(aio_read(&mine), 0);
            n = 1;
            CHECK_OK(aio_waitn(list, 4, &n, NULL));
            CHECK_EQ(n, 1);
            CHECK_PTR(list[0], &mine);
            _exit(0);
        }
        t_child_ok(child);
        n = 1;
        CHECK_OK(aio_waitn(list, 4, &n, NULL));
        CHECK_EQ(n, 1);
        CHECK_PTR(list[0], &a);
    }
    return 0;
}
