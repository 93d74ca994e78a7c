/* Requests accepted after a sync finish whatever the sync does; all end well. */
#include "test.h"

int main(void)
{
    enum { COUNT = 50, SIZE = 8192 };
    static char buf[COUNT][SIZE], got[COUNT][SIZE];
    struct aiocb write[COUNT], sync[COUNT], read[COUNT];
    int fd = t_file(0);
    for (int i = 0; i < COUNT; i++) {
        t_fill(buf[i], SIZE, i);
        t_block(&write[i], fd, buf[i], SIZE, i * SIZE);
        CHECK_OK(aio_write(&write[i]));
        t_block(&sync[i], fd, NULL, 0, 0);
        CHECK_OK(aio_fsync(O_DSYNC, &sync[i]));
        CHECK_EQ(t_finish(&write[i]), SIZE);
        t_block(&read[i], fd, got[i], SIZE, i * SIZE);
        CHECK_OK(aio_read(&read[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(t_finish(&read[i]), SIZE);
        CHECK_EQ(t_finish(&sync[i]), 0);
    }
    CHECK(memcmp(buf, got, sizeof buf) == 0);
    return 0;
}
