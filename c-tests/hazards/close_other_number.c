/* Closing one number of an open file leaves requests made through another number of it alone. */
/* glibc: fails: the read made through the closed number is never cancelled */
#include "test.h"

int main(void)
{
    for (long n = t_scale(100); n > 0; n--) {
        struct aiocb first, second;
        int ends[2];
        char a = 0, b = 0;
        t_pipe(ends);
        int twin = dup(ends[0]);
        t_read_blocked(&first, ends[0], &a, 1);
        t_read_blocked(&second, twin, &b, 1);
        CHECK_EQ(close(ends[0]), 0);
        CHECK_EQ(t_wait(&first), ECANCELED);
        CHECK_EQ(aio_return(&first), -1);
        CHECK_EQ(aio_error(&second), EINPROGRESS);
        CHECK_EQ(write(ends[1], "z", 1), 1);
        CHECK_EQ(t_finish(&second), 1);
        CHECK_EQ(a, 0);
        CHECK_EQ(b, 'z');
        close(twin);
        close(ends[1]);
    }
    return 0;
}
