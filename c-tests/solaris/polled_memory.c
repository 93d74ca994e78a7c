/* A program that set AIO_INPROGRESS sees every result in memory without any further call. */
#include "solaris.h"

enum { EACH = 64 };

int main(void)
{
    static aio_result_t r[5 * EACH];
    static char buf[5 * EACH][512] __attribute__((aligned(4096)));
    int cached = t_data(1 << 16, 0), cold = t_data(1 << 16, 0), out = t_file(0), p[2], n = 0;
    int direct = t_data(1 << 16, O_DIRECT);
    t_pipe(p);
    CHECK_EQ(read(cached, buf, 4096), 4096);
    for (int i = 0; i < EACH; i++) {
        int fds[] = { cached, cold, direct, p[0] };
        for (int k = 0; k < 4; k++, n++) {
            s_polled(&r[n]);
            CHECK_OK(aioread(fds[k], buf[n], k == 3 ? 1 : 512, i * 512, SEEK_SET, &r[n]));
        }
        s_polled(&r[n]);
        CHECK_OK(aiowrite(out, buf[n], 512, i * 512, SEEK_SET, &r[n]));
        n++;
    }
    for (int i = 0; i < EACH; i++)
        CHECK_EQ(write(p[1], "p", 1), 1);
    for (int i = 0; i < n; i++) {
        ssize_t got = s_spin(&r[i]);
        if (got == -1 && r[i].aio_errno == EINVAL && i % 5 == 2)
            continue; /* this filesystem wants more than 512 bytes at a time */
        CHECK_RESULT(&r[i], i % 5 == 3 ? 1 : 512, 0);
        if (i % 5 < 3)
            CHECK(t_same(buf[i], 512, i / 5 * 512, 0));
    }
    return 0;
}
