/* aio_init with negative numbers does no harm. */
/* glibc: may fail: its pool takes the numbers as they are */
#include "test.h"

int main(void)
{
    struct aioinit init;
    char got[100];
    struct aiocb cb;
    int fd = t_filled(0, 100, 1);
    memset(&init, 0xff, sizeof init);
    aio_init(&init);
    t_block(&cb, fd, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), sizeof got);
    return 0;
}
