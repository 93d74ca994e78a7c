/* A block that was never submitted, zeroed or garbage: -1 with EINVAL, never EINPROGRESS. */
/* glibc: fails: the answer is what the memory says */
#include "test.h"

int main(void)
{
    struct aiocb cb;
    for (int byte = 0; byte < 256; byte++) {
        memset(&cb, byte, sizeof cb);
        CHECK_ERR(aio_error(&cb), EINVAL);
        CHECK_ERR(aio_return(&cb), EINVAL);
        cb.__error_code = EINPROGRESS;
        CHECK_ERR(aio_error(&cb), EINVAL);
        CHECK_ERR(aio_return(&cb), EINVAL);
    }
    for (int seed = 0; seed < 10000; seed++) {
        t_fill(&cb, sizeof cb, seed);
        CHECK_ERR(aio_error(&cb), EINVAL);
        CHECK_ERR(aio_return(&cb), EINVAL);
    }
    return 0;
}
