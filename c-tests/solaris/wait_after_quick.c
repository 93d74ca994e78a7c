/* Transfers that are over when the call returns are handed out in call order, reads and writes alike. */
#include "solaris.h"

enum { N = 2000, SIZE = 512 };

int main(void)
{
    static aio_result_t r[N];
    static char buf[N][SIZE];
    int fd = t_data(1 << 16, 0);
    struct timeval zero = { 0, 0 };
    CHECK_EQ(pread(fd, buf[0], SIZE, 0), SIZE);
    for (int i = 0; i < N; i++) {
        s_polled(&r[i]);
        if (i % 4 == 3)
            CHECK_OK(aiowrite(fd, buf[i - 1], SIZE, (i - 1) % 100 * SIZE, SEEK_SET, &r[i]));
        else
            CHECK_OK(aioread(fd, buf[i], SIZE, i % 100 * SIZE, SEEK_SET, &r[i]));
        CHECK_EQ(s_spin(&r[i]), SIZE);
        if (i % 4 != 3)
            CHECK(t_same(buf[i], SIZE, i % 100 * SIZE, 0));
    }
    for (int i = 0; i < N; i++)
        CHECK_PTR(aiowait(&zero), &r[i]);
    CHECK_IDLE();
    return 0;
}
