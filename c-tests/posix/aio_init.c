/* aio_init before the first request and between requests is accepted, whatever its numbers. */
#include "test.h"

static void works(int fd)
{
    char got[100];
    struct aiocb cb;
    t_block(&cb, fd, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), sizeof got);
}

int main(void)
{
    struct aioinit init;
    int fd = t_filled(0, 100, 1);
    memset(&init, 0, sizeof init);
    aio_init(&init);
    works(fd);
    init = (struct aioinit){ .aio_threads = 2, .aio_num = 64, .aio_idle_time = 1 };
    aio_init(&init);
    works(fd);
    init = (struct aioinit){ .aio_threads = 1000, .aio_num = 100000, .aio_idle_time = 10 };
    aio_init(&init);
    works(fd);
    return 0;
}
