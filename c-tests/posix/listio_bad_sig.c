/* A bad sig under LIO_NOWAIT: EINVAL, nothing queued. */
/* glibc: fails: sig is not checked */
#include "test.h"

int main(void)
{
    struct stat st;
    struct aiocb cb, *list[] = { &cb };
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL };
    int fd = t_file(0);
    t_block(&cb, fd, "abc", 3, 0);
    cb.aio_lio_opcode = LIO_WRITE;
    sig.sigev_signo = -1;
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, 1, &sig), EINVAL);
    sig.sigev_signo = 65;
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, 1, &sig), EINVAL);
    sig.sigev_notify = SIGEV_THREAD_ID;
    sig.sigev_notify_thread_id = gettid();
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, 1, &sig), EINVAL);
    sig.sigev_notify = SIGEV_THREAD;
    sig.sigev_notify_function = NULL;
    CHECK_ERR(lio_listio(LIO_NOWAIT, list, 1, &sig), EINVAL);
    usleep(20000);
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 0);
    return 0;
}
