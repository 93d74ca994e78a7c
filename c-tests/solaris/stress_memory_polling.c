/* A program that polls memory only, 256 requests of every kind in flight, sees every result and never calls aiowait. */
/* timeout: 60 */
#include "solaris.h"

enum { DEPTH = 256, SIZE = 512 };

int main(void)
{
    static aio_result_t r[DEPTH];
    static char buf[DEPTH][4096] __attribute__((aligned(4096)));
    static off_t offs[DEPTH];
    int data = t_data(1 << 20, 0), direct = t_data(1 << 20, O_DIRECT), out = t_file(0), p[2];
    long finished = 0, turn = 0;
    t_pipe(p);
    double until = t_now() + s_seconds();
    for (int i = 0; i < DEPTH; i++)
        r[i].aio_return = 0;
    while (t_now() < until) {
        for (int i = 0; i < DEPTH; i++) {
            ssize_t got = s_seen(&r[i]);
            int kind = i % 4;
            if (got == AIO_INPROGRESS)
                continue;
            if (turn >= DEPTH) {
                CHECK_RESULT(&r[i], kind == 3 ? 1 : kind == 1 ? 4096 : SIZE, 0);
                if (kind < 2)
                    CHECK(t_same(buf[i], (size_t)got, offs[i], 0));
                finished++;
            }
            turn++;
            offs[i] = turn * 7919 % 256 * 4096;
            s_polled(&r[i]);
            if (kind == 0)
                CHECK_EQ(aioread(data, buf[i], SIZE, offs[i], SEEK_SET, &r[i]), 0);
            else if (kind == 1)
                CHECK_EQ(aioread(direct, buf[i], 4096, offs[i], SEEK_SET, &r[i]), 0);
            else if (kind == 2)
                CHECK_EQ(aiowrite(out, buf[i], SIZE, offs[i], SEEK_SET, &r[i]), 0);
            else {
                CHECK_EQ(aioread(p[0], buf[i], 1, 0, SEEK_SET, &r[i]), 0);
                CHECK_EQ(write(p[1], "x", 1), 1);
            }
        }
    }
    for (int i = 0; i < DEPTH; i++)
        s_spin(&r[i]);
    /* the done queue holds what was in flight last, no more */
    long left = 0;
    while (s_poll() != S_FAILED)
        left++;
    CHECK_EQ(left, DEPTH);
    CHECK(finished > 0);
    printf("%ld results\n", finished);
    return 0;
}
