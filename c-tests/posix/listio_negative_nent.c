/* A negative count: EINVAL, nothing delivered. */
/* glibc: fails: nent is not checked */
#include "test.h"

int main(void)
{
    struct aiocb *list[1] = { NULL };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
    t_block_signals();
    CHECK_ERR(lio_listio(LIO_WAIT, list, -1, NULL), EINVAL);
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, -1, &sig), EINVAL);
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, INT_MIN, &sig), EINVAL);
    t_no_signal();
    return 0;
}
