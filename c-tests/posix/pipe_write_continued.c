/* A write of 1 MiB to a pipe goes on until everything is written. */
#include "test.h"

int main(void)
{
    enum { SIZE = 1 << 20 };
    static char want[SIZE], got[SIZE];
    int p[2];
    struct aiocb cb;
    t_pipe(p);
    t_fill(want, SIZE, 1);
    t_block(&cb, p[1], want, SIZE, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    for (size_t done = 0; done < SIZE; done += 1 << 14)
        t_read_all(p[0], got + done, 1 << 14);
    CHECK_EQ(t_finish(&cb), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
