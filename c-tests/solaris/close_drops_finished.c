/* close drops the finished requests of that descriptor from the done queue; their results stay, others too. */
#include "solaris.h"

int main(void)
{
    char c[4];
    int a = t_filled(0, 64, 1), b = t_filled(0, 64, 2);
    aio_result_t r[4];
    for (int round = 0; round < 50; round++) {
        int fds[] = { dup(a), dup(b) }, first = round % 2;
        for (int i = 0; i < 4; i++) {
            s_polled(&r[i]);
            CHECK_OK(aioread(fds[i % 2], &c[i], 1, 0, SEEK_SET, &r[i]));
            CHECK_EQ(s_spin(&r[i]), 1);
        }
        /* the last of the queue among them, and once the first */
        CHECK_EQ(close(fds[first]), 0);
        for (int i = 0; i < 4; i++)
            CHECK_RESULT(&r[i], 1, 0);
        CHECK_PTR(s_take(), &r[1 - first]);
        /* the queue is whole: what comes now is found behind the rest */
        s_polled(&r[first]);
        CHECK_OK(aioread(b, &c[0], 1, 0, SEEK_SET, &r[first]));
        CHECK_EQ(s_spin(&r[first]), 1);
        CHECK_PTR(s_take(), &r[3 - first]);
        CHECK_PTR(s_take(), &r[first]);
        CHECK_IDLE();
        CHECK_EQ(close(fds[1 - first]), 0);
    }
    return 0;
}
