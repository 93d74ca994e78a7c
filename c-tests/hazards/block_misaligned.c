/* Control blocks at addresses off by 1, 2 and 4 bytes work in every call. */
/* not under: asan: a misaligned block is what it is about */
#include "test.h"

int main(void)
{
    int data = t_data(1 << 16, 0), file = t_file(0), ends[2];
    static unsigned char room[3][sizeof(struct aiocb) + 16] __attribute__((aligned(64)));
    unsigned char buf[1024];
    t_pipe(ends);
    for (long n = t_scale(20); n > 0; n--)
        for (int shift = 0; shift < 8; shift++) {
            struct aiocb *r = (void *)(room[0] + shift), *p = (void *)(room[1] + shift), *s = (void *)(room[2] + shift);
            const struct aiocb *clist[2];
            struct aiocb *list[2];
            memcpy(&clist[0], &r, sizeof r);
            t_block(r, data, buf, 512, 512);
            CHECK_EQ(aio_read(r), 0);
            CHECK_EQ(aio_suspend(clist, 1, NULL), 0);
            CHECK_EQ(aio_error(r), 0);
            CHECK_EQ(aio_return(r), 512);
            CHECK(t_same(buf, 512, 512, 0));
            t_block(r, file, buf, 512, shift);
            CHECK_EQ(aio_write(r), 0);
            t_block(s, file, NULL, 0, 0);
            CHECK_EQ(aio_fsync(O_SYNC, s), 0);
            CHECK_EQ(t_finish(r), 512);
            CHECK_EQ(t_finish(s), 0);
            t_block(p, ends[0], buf, 1, 0);
            t_block(r, data, buf + 512, 512, 1024);
            p->aio_lio_opcode = r->aio_lio_opcode = LIO_READ;
            list[0] = p, list[1] = r;
            CHECK_EQ(lio_listio(LIO_NOWAIT, list, 2, NULL), 0);
            CHECK_EQ(aio_error(p), EINPROGRESS);
            CHECK_EQ(write(ends[1], "m", 1), 1);
            CHECK_EQ(t_finish(p), 1);
            CHECK_EQ(t_finish(r), 512);
            CHECK(t_same(buf + 512, 512, 1024, 0));
            CHECK_EQ(aio_cancel(ends[0], p), AIO_ALLDONE);
        }
    return 0;
}
