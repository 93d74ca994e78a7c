/* RLIMIT_FSIZE set right after quick writes, by each call there is: the next write says EFBIG, and no signal comes. */
#include "test.h"

static int by_setrlimit(const struct rlimit *limit)
{
    return setrlimit(RLIMIT_FSIZE, limit);
}

static int by_prlimit(const struct rlimit *limit)
{
    struct rlimit before;
    return prlimit(0, RLIMIT_FSIZE, limit, &before);
}

int main(void)
{
    static int (*const set[])(const struct rlimit *) = { by_setrlimit, by_prlimit };
    const struct rlimit limited = { 1 << 20, RLIM_INFINITY }, unlimited = { RLIM_INFINITY, RLIM_INFINITY };
    static struct aiocb many[8];
    static char buf[4096];
    struct aiocb cb;
    int fd = t_file(0);
    for (int round = 0; round < 2000; round++) {
        /* One at a time may be made by this thread, and so may many, once it waits for them. */
        for (int i = 0; i < 4; i++) {
            t_block(&cb, fd, buf, sizeof buf, 1 << 20);
            CHECK_OK(aio_write(&cb));
            CHECK_EQ(t_wait(&cb), 0);
            CHECK_EQ(aio_return(&cb), (ssize_t)sizeof buf);
        }
        CHECK_EQ(set[round % 2](&limited), 0);
        for (int i = 0; i < 8; i++) {
            t_block(&many[i], fd, buf, sizeof buf, 1 << 20);
            CHECK_OK(aio_write(&many[i]));
        }
        for (int i = 0; i < 8; i++) {
            CHECK_EQ(t_wait(&many[i]), EFBIG);
            CHECK_EQ(aio_return(&many[i]), -1);
        }
        CHECK_EQ(set[round % 2](&unlimited), 0);
    }
    return 0;
}
