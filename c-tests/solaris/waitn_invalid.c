/* aio_waitn: EINVAL for nent 0 or over 4096, *nwait 0 or over nent, a bad time; *nwait is left as it was. */
#include "solaris.h"

int main(void)
{
    static struct aiocb *list[5000];
    struct { unsigned nent, nwait; } bad[] = { { 0, 1 }, { 0, 0 }, { 4097, 1 }, { UINT_MAX, 1 }, { 4, 0 }, { 4, 5 },
                                               { 4096, 4097 } };
    struct timespec times[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000000 }, { 1, INT64_MAX } };
    char c;
    int p[2];
    unsigned n;
    struct aiocb cb;
    t_pipe(p);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            n = bad[i].nwait;
            CHECK_ERR(aio_waitn(list, bad[i].nent, &n, NULL), EINVAL);
            CHECK_EQ(n, bad[i].nwait);
        }
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            n = 1;
            CHECK_ERR(aio_waitn(list, 4, &n, &times[i]), EINVAL);
            CHECK_EQ(n, 1);
        }
        CHECK_ERR(aio_waitn(NULL, 4, &n, NULL), EINVAL);
        CHECK_ERR(aio_waitn(list, 4, NULL, NULL), EINVAL);
        if (round == 0)
            t_read_blocked(&cb, p[0], &c, 1);
    }
    CHECK_EQ(write(p[1], "x", 1), 1);
    n = 1;
    CHECK_OK(aio_waitn(list, 4096, &n, NULL));
    CHECK_PTR(list[0], &cb);
    return 0;
}
