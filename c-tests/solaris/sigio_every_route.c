/* Requests of every kind, those that finish at once among them, raise SIGIO and come out of aiowait. */
#include "solaris.h"

int main(void)
{
    static char buf[8192] __attribute__((aligned(4096)));
    int cached = t_data(1 << 16, 0), cold = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), out = t_file(0);
    int fds[] = { cached, cold, direct, out, out };
    long count = 0;
    aio_result_t r;
    CHECK_EQ(pread(cached, buf, 8192, 0), 8192);
    s_catch_sigio();
    for (int round = 0; round < 10; round++)
        for (int i = 0; i < 5; i++) {
            s_result(&r);
            if (i == 3)
                CHECK_EQ(aiowrite(fds[i], buf, 4096, 0, SEEK_SET, &r), 0);
            else
                CHECK_EQ(aioread(fds[i], buf, 4096, 0, SEEK_SET, &r), 0);
            s_await_sigio(++count);
            CHECK_PTR(s_poll(), &r);
            CHECK_RESULT(&r, 4096, 0);
        }
    return 0;
}
