/* A program that never takes its signals goes on, and little is held back for it. */
#include "test.h"

enum { DEPTH = 8, FEW = 500 };

int main(void)
{
    static struct aiocb cb[DEPTH];
    static char buf[DEPTH][512];
    int data = t_data(4096, 0);
    long mapped, before = 0, after;
    t_block_signals();
    for (int n = 0; n < 10 * FEW; n++) {
        if (n == FEW)
            t_memory(&mapped, &before);
        for (int i = 0; i < DEPTH; i++) {
            t_block(&cb[i], data, buf[i], 512, i * 512);
            t_sigev_signal(&cb[i], SIGUSR1, i);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        for (int i = 0; i < DEPTH; i++) {
            CHECK_EQ(t_wait(&cb[i]), 0);
            CHECK_EQ(aio_return(&cb[i]), 512);
        }
    }
    /* 36 000 records would be 7 MiB */
    t_memory(&mapped, &after);
    CHECK(after - before < 1 << 20);
    t_take_signal(SIGUSR1);
    return 0;
}
