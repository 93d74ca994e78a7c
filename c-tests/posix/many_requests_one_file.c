/* Two thousand requests outstanding on one file all end with the right data. */
#include "test.h"

int main(void)
{
    enum { COUNT = 2000, SIZE = 1000 };
    static char want[COUNT * SIZE], got[COUNT * SIZE];
    static struct aiocb cb[COUNT];
    int fd = t_file(0);
    t_fill(want, sizeof want, 1);
    for (int i = 0; i < COUNT; i++) {
        int k = i * 7 % COUNT;
        t_block(&cb[i], fd, want + k * SIZE, SIZE, k * SIZE);
        cb[i].aio_reqprio = i % 21;
        CHECK_OK(aio_write(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, got + i * SIZE, SIZE, i * SIZE);
        cb[i].aio_reqprio = i % 21;
        CHECK_OK(aio_read(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE);
    CHECK(memcmp(got, want, sizeof got) == 0);
    return 0;
}
