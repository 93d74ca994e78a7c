/* A block is used again, for another kind of request, the instant its status changes and without aio_return. */
#include "test.h"

enum { LANES = 4 };

int main(void)
{
    int data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), file = t_file(0), ends[2];
    unsigned char *buf = t_pages(LANES * 4096, 0);
    struct aiocb cb[LANES];
    int kind[LANES];
    off_t off[LANES];
    unsigned x = 1;
    t_pipe(ends);
    for (int i = 0; i < LANES; i++)
        kind[i] = -1;
    for (long n = t_scale(4000); n > 0; n--) {
        int i = (int)(n % LANES), error;
        unsigned char *b = buf + i * 4096;
        if (kind[i] >= 0) {
            for (int spins = 0; (error = aio_error(&cb[i])) == EINPROGRESS; spins++)
                if (spins > 1000)
                    sched_yield();
            CHECK_EQ(error, 0);
            if (kind[i] < 2)
                CHECK(t_same(b, 512, off[i], 0));
        }
        x = x * 1103515245 + 12345;
        kind[i] = (int)(x >> 16) % 40; /* few syncs: they cost most */
        if (kind[i] != 4)
            kind[i] %= 4;
        off[i] = (off_t)(x >> 20) % 16 * 4096;
        memset(b, 0, 512);
        t_block(&cb[i], kind[i] == 0 ? data : kind[i] == 1 ? direct : kind[i] == 2 ? ends[0] : file, b,
                kind[i] == 1 ? 4096 : kind[i] == 2 ? 1 : 512, off[i]);
        CHECK_EQ(kind[i] < 3 ? aio_read(&cb[i]) : kind[i] == 3 ? aio_write(&cb[i]) : aio_fsync(O_DSYNC, &cb[i]), 0);
        if (kind[i] == 2)
            CHECK_EQ(write(ends[1], "r", 1), 1);
    }
    for (int i = 0; i < LANES; i++)
        CHECK_EQ(t_wait(&cb[i]), 0);
    t_figure(0, t_scale(4000), "blocks touched after their end");
    return 0;
}
