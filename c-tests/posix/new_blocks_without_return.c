/* A hundred thousand blocks that are never returned: none is held against the program. */
#include "test.h"

int main(void)
{
    char buf[64];
    int fd = t_filled(0, 4096, 1);
    static struct aiocb cb[1000];
    for (int round = 0; round < 100; round++)
        for (int i = 0; i < 1000; i++) {
            t_block(&cb[i], fd, buf, sizeof buf, i);
            CHECK_OK(aio_read(&cb[i]));
            CHECK_EQ(t_wait(&cb[i]), 0);
        }
    return 0;
}
