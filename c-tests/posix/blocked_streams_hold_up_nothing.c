/* A hundred blocked reads hold up neither files nor other streams. */
/* glibc: fails: twenty blocked reads take all its threads */
#include "test.h"

int main(void)
{
    enum { COUNT = 100 };
    static char buf[8192];
    char got[COUNT];
    int p[COUNT][2];
    struct aiocb cb[COUNT], other;
    for (int i = 0; i < COUNT; i++) {
        t_pipe(p[i]);
        t_read_blocked(&cb[i], p[i][0], &got[i], 1);
    }
    int fd = t_file(0);
    t_block(&other, fd, buf, sizeof buf, 0);
    CHECK_OK(aio_write(&other));
    CHECK_EQ(t_finish(&other), sizeof buf);
    CHECK_OK(aio_fsync(O_SYNC, &other));
    CHECK_EQ(t_finish(&other), 0);
    for (int i = COUNT - 1; i >= 0; i--) {
        t_write_all(p[i][1], "x", 1);
        CHECK_EQ(t_finish(&cb[i]), 1);
    }
    return 0;
}
