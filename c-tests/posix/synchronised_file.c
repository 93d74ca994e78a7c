/* With O_SYNC and O_DSYNC a write has finished when its data are on the disk, not before. */
#include "dirty.h"

enum { COUNT = 32, SIZE = 10000 };

static void written(int flags, bool list)
{
    static char bytes[COUNT][SIZE], got[SIZE];
    struct aiocb cb[COUNT], *all[COUNT];
    int fd = t_file(flags);
    for (int i = 0; i < COUNT; i++) {
        t_fill(bytes[i], SIZE, i);
        t_block(&cb[i], fd, bytes[i], SIZE, i * SIZE);
        cb[i].aio_lio_opcode = LIO_WRITE;
        all[i] = &cb[i];
        if (!list)
            CHECK_OK(aio_write(&cb[i]));
        if (!list && i < COUNT / 2) { /* half of them one by one, half at once */
            CHECK_EQ(t_finish(&cb[i]), SIZE);
            CHECK_EQ(d_dirty(fd), 0);
        }
    }
    if (list)
        CHECK_OK(lio_listio(LIO_WAIT, all, COUNT, NULL));
    for (int i = list ? 0 : COUNT / 2; i < COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE);
    CHECK_EQ(d_dirty(fd), 0);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, got, SIZE, i * SIZE);
        CHECK_OK(aio_read(&cb[i]));
        CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK(memcmp(got, bytes[i], SIZE) == 0);
    }
    close(fd);
}

int main(void)
{
    d_can_tell();
    for (int list = 0; list < 2; list++) {
        written(O_SYNC, list);
        written(O_DSYNC, list);
        written(O_DSYNC | O_APPEND, list);
    }
    return 0;
}
