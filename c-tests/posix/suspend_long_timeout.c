/* Timeouts too long for any clock do not overflow. */
/* glibc: may fail: not in POSIX */
#include "test.h"

int main(void)
{
    static const time_t seconds[] = { 1L << 31, 1L << 33, 1L << 40, INT64_MAX - 1, INT64_MAX };
    int p[2];
    char c;
    t_pipe(p);
    for (int i = 0; i < 5; i++) {
        struct aiocb cb;
        const struct aiocb *list[] = { &cb };
        struct timespec timeout = { seconds[i], 999999999 };
        t_read_blocked(&cb, p[0], &c, 1);
        pid_t child = fork();
        if (child == 0) {
            usleep(20000);
            t_write_all(p[1], "x", 1);
            _exit(0);
        }
        CHECK_OK(aio_suspend(list, 1, &timeout));
        CHECK_EQ(t_finish(&cb), 1);
        waitpid(child, NULL, 0);
    }
    return 0;
}
