/* aio_waitn whose time runs out is ETIME, not before, and hands out what has finished. */
#include "solaris.h"

int main(void)
{
    struct timespec wait = { 0, 120000000 };
    struct aiocb a, b, *list[4];
    char c, d;
    int p[2];
    unsigned n = 2;
    t_pipe(p);
    t_read_blocked(&a, p[0], &c, 1);
    t_read_blocked(&b, p[0], &d, 1);
    for (int round = 0; round < 3; round++) {
        double began = t_now();
        n = 2;
        CHECK_ERR(aio_waitn(list, 4, &n, &wait), ETIME);
        CHECK(t_now() - began >= 0.12);
        CHECK_EQ(n, round == 1);
        if (round == 0) {
            CHECK_EQ(write(p[1], "x", 1), 1);
            CHECK_EQ(t_wait(&a), 0);
        }
        if (round == 1)
            CHECK_PTR(list[0], &a);
    }
    return 0;
}
