/* Calls that fail or close nothing (dup2 to itself, from a bad number, CLOSE_RANGE_CLOEXEC) cancel nothing. */
#include "test.h"
#include <linux/close_range.h>

int main(void)
{
    int ends[2];
    t_pipe(ends);
    for (long n = t_scale(50); n > 0; n--) {
        struct aiocb cb;
        char c = 0;
        t_read_blocked(&cb, ends[0], &c, 1);
        CHECK_EQ(dup2(ends[0], ends[0]), ends[0]);
        CHECK_ERR(dup2(1 << 28, ends[0]), EBADF);
        CHECK_ERR(dup2(-1, ends[0]), EBADF);
        CHECK_ERR(dup3(ends[0], ends[0], 0), EINVAL);
        CHECK_ERR(dup3(1 << 28, ends[0], O_CLOEXEC), EBADF);
        CHECK_ERR(dup3(ends[1], ends[0], 0x1000000), EINVAL);
        CHECK_ERR(close_range((unsigned)ends[0], (unsigned)ends[0] - 1, 0), EINVAL);
        CHECK_ERR(close_range((unsigned)ends[0], (unsigned)ends[0], 0x1000000), EINVAL);
        CHECK_ERR(close(-1), EBADF);
        CHECK_ERR(close(1 << 28), EBADF);
        if (close_range((unsigned)ends[0], (unsigned)ends[0], CLOSE_RANGE_CLOEXEC) != 0)
            CHECK_EQ(errno, EINVAL);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "n", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);
        CHECK_EQ(c, 'n');
    }
    return 0;
}
