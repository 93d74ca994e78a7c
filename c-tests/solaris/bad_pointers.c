/* A NULL or misaligned result pointer is EINVAL in every call, and nothing is queued. */
#include "solaris.h"

int main(void)
{
    char buf[4] = "abc", bytes[32] __attribute__((aligned(8)));
    int fd = t_filled(0, 64, 1);
    memset(bytes, 7, sizeof bytes);
    aio_result_t *bad[] = { NULL, (aio_result_t *)(bytes + 1), (aio_result_t *)(bytes + 4),
                            (aio_result_t *)1, (aio_result_t *)-1 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_ERR(aioread(fd, buf, 4, 0, SEEK_SET, bad[i]), EINVAL);
        CHECK_ERR(aiowrite(fd, buf, 4, 0, SEEK_SET, bad[i]), EINVAL);
        CHECK_ERR(aiocancel(bad[i]), EINVAL);
    }
    CHECK_IDLE();
    for (size_t i = 0; i < sizeof bytes; i++)
        CHECK_EQ(bytes[i], 7);
    return 0;
}
