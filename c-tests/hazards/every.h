/* One request of every kind, submitted, finished and checked: used where the kind must not matter. */
#ifndef UAIO_EVERY_H
#define UAIO_EVERY_H

#include "test.h"

struct every {
    int data, direct, file, append, pipe[2], socket[2];
    unsigned char *buf;
};

/* Its descriptors may be moved elsewhere, so they are plain numbers. */
static inline struct every every_open(void)
{
    struct every e = { .data = t_data(1 << 16, 0), .direct = t_data(1 << 16, O_DIRECT) };
    e.file = t_file(0), e.append = t_file(O_APPEND);
    t_pipe(e.pipe);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, e.socket), 0);
    e.buf = t_pages(16 * 4096, 0);
    return e;
}

static inline void every_close(struct every *e)
{
    int all[] = { e->data, e->direct, e->file, e->append, e->pipe[0], e->pipe[1], e->socket[0], e->socket[1] };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        close(all[i]);
    munmap(e->buf, 16 * 4096);
}

static inline void every_once(struct every *e)
{
    struct aiocb cb[9], *list[2];
    unsigned char *buf = e->buf;
    t_block(&cb[0], e->pipe[0], buf, 1, 0);
    t_block(&cb[1], e->socket[0], buf + 4096, 1, 0);
    t_block(&cb[2], e->data, buf + 2 * 4096, 4096, 4096);
    t_block(&cb[3], e->direct, buf + 3 * 4096, 4096, 8192);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(aio_read(&cb[i]), 0);
    t_pattern(buf + 4 * 4096, 4096, 0, 7);
    t_block(&cb[4], e->file, buf + 4 * 4096, 4096, 0);
    t_block(&cb[5], e->append, buf + 4 * 4096, 4096, 0);
    t_block(&cb[6], e->file, NULL, 0, 0);
    CHECK_EQ(aio_write(&cb[4]), 0);
    CHECK_EQ(aio_write(&cb[5]), 0);
    CHECK_EQ(aio_fsync(O_SYNC, &cb[6]), 0);
    CHECK_EQ(t_finish(&cb[2]), 4096);
    CHECK(t_same(buf + 2 * 4096, 4096, 4096, 0));
    CHECK_EQ(t_finish(&cb[3]), 4096);
    CHECK(t_same(buf + 3 * 4096, 4096, 8192, 0));
    CHECK_EQ(t_finish(&cb[4]), 4096);
    CHECK_EQ(t_finish(&cb[5]), 4096);
    CHECK_EQ(t_finish(&cb[6]), 0);
    CHECK_EQ(aio_error(&cb[0]), EINPROGRESS);
    CHECK_EQ(aio_error(&cb[1]), EINPROGRESS);
    t_block(&cb[7], e->pipe[1], buf + 5 * 4096, 1, 0);
    t_block(&cb[8], e->socket[1], buf + 5 * 4096, 1, 0);
    for (int i = 7; i < 9; i++) {
        cb[i].aio_lio_opcode = LIO_WRITE;
        list[i - 7] = &cb[i];
    }
    CHECK_EQ(lio_listio(LIO_WAIT, list, 2, NULL), 0);
    for (int i = 0; i < 9; i++)
        if (i < 2 || i > 6)
            CHECK_EQ(t_finish(&cb[i]), 1);
    CHECK_EQ(pread(e->file, buf + 6 * 4096, 4096, 0), 4096);
    CHECK(t_same(buf + 6 * 4096, 4096, 0, 7));
}

#endif
