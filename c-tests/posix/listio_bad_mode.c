/* A bad mode: EINVAL, nothing queued. */
#include "test.h"

int main(void)
{
    static const int bad[] = { -1, 2, 3, INT_MAX };
    struct stat st;
    struct aiocb cb, *list[] = { &cb };
    int fd = t_file(0);
    t_block(&cb, fd, "abc", 3, 0);
    cb.aio_lio_opcode = LIO_WRITE;
    for (int i = 0; i < 4; i++) {
        CHECK_ERR(lio_listio(bad[i], list, 1, NULL), EINVAL);
        CHECK_ERR(lio_listio(bad[i], list, 0, NULL), EINVAL);
    }
    usleep(20000);
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 0);
    return 0;
}
