/* What a forked child must be able to do: AIO of its own, of every kind. */
#ifndef UAIO_CHILD_H
#define UAIO_CHILD_H

#include "test.h"

/* `data` was made by t_data with at least 64 KiB, `direct` likewise with O_DIRECT. */
static inline void child_aio(int data, int direct)
{
    static _Alignas(4096) unsigned char buf[4][4096];
    struct aiocb cb[4];
    int ends[2];
    t_pipe(ends);
    t_block(&cb[0], data, buf[0], 4096, 4096);
    t_block(&cb[1], direct, buf[1], 4096, 8192);
    t_block(&cb[2], ends[0], buf[2], 4096, 0);
    t_block(&cb[3], ends[1], (char[]) { "child" }, 5, 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(aio_read(&cb[i]), 0);
    CHECK_EQ(aio_write(&cb[3]), 0);
    CHECK_EQ(t_finish(&cb[0]), 4096);
    CHECK(t_same(buf[0], 4096, 4096, 0));
    CHECK_EQ(t_finish(&cb[1]), 4096);
    CHECK(t_same(buf[1], 4096, 8192, 0));
    CHECK_EQ(t_finish(&cb[3]), 5);
    CHECK_EQ(t_finish(&cb[2]), 5);
    CHECK(memcmp(buf[2], "child", 5) == 0);
    t_block(&cb[0], data, NULL, 0, 0);
    CHECK_EQ(aio_fsync(O_SYNC, &cb[0]), 0);
    CHECK_EQ(t_finish(&cb[0]), 0);
    t_block(&cb[1], data, buf[0], 4096, 0);
    cb[1].aio_lio_opcode = LIO_READ;
    struct aiocb *list[1] = { &cb[1] };
    CHECK_EQ(lio_listio(LIO_WAIT, list, 1, NULL), 0);
    CHECK_EQ(aio_return(&cb[1]), 4096);
    CHECK(t_same(buf[0], 4096, 0, 0));
    close(ends[0]);
    close(ends[1]);
}

#endif
