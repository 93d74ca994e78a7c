/* A number that is not open, or not for that direction, is EBADF at the call, and nothing is queued. */
#include "solaris.h"

int main(void)
{
    char buf[4] = "abc", name[32];
    aio_result_t r, before;
    int file = t_filled(0, 64, 1), p[2];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    int reads = open(name, O_RDONLY), writes = open(name, O_WRONLY), path = open(".", O_PATH), closed = dup(file);
    CHECK(reads >= 0 && writes >= 0 && path >= 0 && closed >= 0);
    t_pipe(p);
    close(closed);
    s_result(&r);
    before = r;
    for (int whence = SEEK_SET; whence <= SEEK_END; whence++) {
        int bad[] = { -1, closed, 1 << 28, path, writes, p[1] };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            CHECK_ERR(aioread(bad[i], buf, 4, 0, whence, &r), EBADF);
        bad[4] = reads, bad[5] = p[0];
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            CHECK_ERR(aiowrite(bad[i], buf, 4, 0, whence, &r), EBADF);
    }
    CHECK_EQ(memcmp(&r, &before, sizeof r), 0);
    CHECK_IDLE();
    /* the pointer is free, also after the descriptor was good before */
    CHECK_OK(aioread(reads, buf, 4, 0, SEEK_SET, &r));
    CHECK_PTR(s_take(), &r);
    close(reads);
    CHECK_ERR(aioread(reads, buf, 4, 0, SEEK_SET, &r), EBADF);
    CHECK_IDLE();
    return 0;
}
