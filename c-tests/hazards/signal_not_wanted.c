/* A program that never takes its signals goes on, and little is held back for it. */
#include "test.h"

enum { DEPTH = 8, FEW = 500 };

static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL);
    CHECK_EQ(fscanf(f, "%*d %ld", &pages), 1);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(void)
{
    static struct aiocb cb[DEPTH];
    static char buf[DEPTH][512];
    int data = t_data(4096, 0);
    long before = 0;
    t_block_signals();
    for (int n = 0; n < 10 * FEW; n++) {
        if (n == FEW)
            before = resident_kib();
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
    CHECK(resident_kib() - before < 1024);
    t_take_signal(SIGUSR1);
    return 0;
}
