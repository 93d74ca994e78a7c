/* Reading into memory that may only be read: EFAULT; writing from it is fine. */
#include "test.h"

int main(void)
{
    int fd = t_filled(0, 4096, 1);
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct aiocb cb;
    t_block(&cb, fd, page, 4096, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EFAULT);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4096);
    return 0;
}
