/* A program that only polls memory never fills the done queue: of 20 000 results one is left. */
#include "solaris.h"

int main(void)
{
    char buf[16];
    int fd = t_filled(0, 4096, 1);
    aio_result_t r;
    for (int i = 0; i < 20000; i++) {
        s_polled(&r);
        CHECK_OK(aioread(fd, buf, sizeof buf, i % 256 * 16, SEEK_SET, &r));
        CHECK_EQ(s_spin(&r), 16);
        CHECK_EQ(r.aio_errno, 0);
    }
    CHECK_PTR(s_take(), &r);
    CHECK_IDLE();
    return 0;
}
