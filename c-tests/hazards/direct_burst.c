/* 1 000 direct requests at once, more than a queue takes, are all completed; where a signal tells, with no further call. */
#include "test.h"

enum { COUNT = 1000, SIZE = 4096 };

int main(void)
{
    int fd = t_data(COUNT * SIZE, O_DIRECT);
    unsigned char *buf = t_pages(COUNT * SIZE, 0);
    static struct aiocb cb[COUNT], *list[COUNT];
    t_block_signals();
    for (long n = t_scale(6); n > 0; n--) {
        bool told = n % 3 != 0; /* otherwise native AIO may have them */
        memset(buf, 0, COUNT * SIZE);
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf + i * SIZE, SIZE, i * SIZE);
            cb[i].aio_lio_opcode = LIO_READ;
            if (told)
                t_sigev_signal(&cb[i], SIGRTMIN, i);
            list[i] = &cb[i];
            if (n & 1)
                CHECK_EQ(aio_read(&cb[i]), 0);
        }
        if (!(n & 1))
            CHECK_EQ(lio_listio(LIO_NOWAIT, list, COUNT, NULL), 0);
        for (int i = 0; i < COUNT && told; i++)
            t_take_signal(SIGRTMIN); /* only the kernel and the library's threads at work */
        for (int i = 0; i < COUNT; i++) {
            CHECK(!told || aio_error(&cb[i]) == 0);
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        }
        CHECK(t_same(buf, COUNT * SIZE, 0, 0));
    }
    t_figure(0, t_scale(6) * COUNT, "direct requests left over");
    return 0;
}
