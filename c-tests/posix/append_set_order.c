/* Writes made right after fcntl has set O_APPEND, on whatever descriptor of the file, land in the order of the calls. */
#include "test.h"

int main(void)
{
    enum { COUNT = 200, SIZE = 4096 };
    static unsigned char buf[COUNT][SIZE], got[SIZE];
    static struct aiocb cb[COUNT];
    for (int i = 0; i < COUNT; i++)
        memset(buf[i], i, SIZE);
    for (int round = 0; round < 30; round++) {
        int fd = t_file(0), twin = dup(fd);
        for (int i = 0; i < 3; i++) {
            t_block(&cb[0], fd, buf[i], SIZE, 0);
            CHECK_OK(aio_write(&cb[0]));
            CHECK_EQ(t_finish(&cb[0]), SIZE);
        }
        CHECK_EQ(ftruncate(fd, 0), 0);
        CHECK_EQ(fcntl(round % 2 ? fd : twin, F_SETFL, O_APPEND), 0);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf[i], SIZE, 0);
            CHECK_OK(aio_write(&cb[i]));
        }
        for (int i = 0; i < COUNT; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        for (int i = 0; i < COUNT; i++) {
            CHECK_EQ(pread(fd, got, SIZE, i * SIZE), SIZE);
            CHECK(memcmp(got, buf[i], SIZE) == 0);
        }
        close(fd);
        close(twin);
    }
    return 0;
}
