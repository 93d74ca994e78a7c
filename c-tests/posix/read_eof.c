/* Reading at or beyond the end of a file gives 0 bytes and no error. */
#include "test.h"

int main(void)
{
    static const off_t offsets[] = { 100, 101, 4096, 1 << 30, (off_t)1 << 40 };
    char buf[4096];
    int fd = t_filled(0, 100, 1);
    struct aiocb cb;
    for (int i = 0; i < 5; i++) {
        t_block(&cb, fd, buf, sizeof buf, offsets[i]);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 0);
    }
    int empty = t_file(0);
    t_block(&cb, empty, buf, sizeof buf, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
