/* aio_fsync refuses a bad signal number and a NULL function as aio_read does. */
/* glibc: fails: nothing is said */
#include "test.h"

int main(void)
{
    struct aiocb cb;
    t_block(&cb, t_file(0), NULL, 0, 0);
    t_sigev_signal(&cb, 65, 0);
    CHECK_ERR(aio_fsync(O_SYNC, &cb), EINVAL);
    t_sigev_thread(&cb, NULL, NULL);
    CHECK_ERR(aio_fsync(O_SYNC, &cb), EINVAL);
    return 0;
}
