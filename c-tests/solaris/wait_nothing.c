/* With nothing outstanding and nothing finished aiowait fails with EINVAL, before and after requests. */
#include "solaris.h"

int main(void)
{
    struct timeval second = { 1, 0 };
    char c;
    int fd = t_filled(0, 64, 1);
    aio_result_t r;
    for (int i = 0; i < 3; i++) {
        CHECK_IDLE();
        CHECK_FAILED(aiowait(NULL), EINVAL);
        CHECK_FAILED(aiowait(&second), EINVAL);
        CHECK_OK(aioread(fd, &c, 1, 0, SEEK_SET, &r));
        CHECK_PTR(s_take(), &r);
    }
    return 0;
}
