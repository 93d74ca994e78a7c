/* Requests survive the thread that submitted them. */
#include "test.h"

enum { KINDS = 5 };
struct round {
    struct aiocb cb[KINDS];
    unsigned char *buf;
    int file, direct, pipe;
};

static void *submit_and_exit(void *arg)
{
    struct round *r = arg;
    t_block(&r->cb[0], r->file, r->buf, 4096, 0);
    CHECK_EQ(aio_write(&r->cb[0]), 0);
    t_block(&r->cb[1], r->pipe, r->buf + 4096, 4096, 0);
    CHECK_EQ(aio_read(&r->cb[1]), 0);
    t_block(&r->cb[2], r->direct, r->buf + 8192, 4096, 8192);
    CHECK_EQ(aio_read(&r->cb[2]), 0);
    t_block(&r->cb[3], r->file, NULL, 0, 0);
    CHECK_EQ(aio_fsync(O_SYNC, &r->cb[3]), 0);
    t_block(&r->cb[4], r->file, r->buf, 4096, 4096);
    CHECK_EQ(aio_write(&r->cb[4]), 0);
    return NULL;
}

int main(void)
{
    int direct = t_data(1 << 16, O_DIRECT), file = t_file(0), ends[2];
    static struct round rounds[8];
    t_pipe(ends);
    for (long n = t_scale(100); n > 0; n--) {
        for (int i = 0; i < 8; i++) {
            struct round *r = &rounds[i];
            pthread_t thread;
            r->file = file, r->direct = direct, r->pipe = ends[0];
            if (r->buf == NULL)
                r->buf = t_pages(3 * 4096, 'w');
            CHECK_EQ(pthread_create(&thread, NULL, submit_and_exit, r), 0);
            CHECK_EQ(pthread_join(thread, NULL), 0);
        }
        for (int i = 0; i < 8; i++) {
            struct round *r = &rounds[i];
            CHECK_EQ(t_finish(&r->cb[0]), 4096);
            CHECK_EQ(aio_error(&r->cb[1]), EINPROGRESS);
            CHECK_EQ(t_finish(&r->cb[2]), 4096);
            CHECK(t_same(r->buf + 8192, 4096, 8192, 0));
            CHECK_EQ(t_finish(&r->cb[3]), 0);
            CHECK_EQ(t_finish(&r->cb[4]), 4096);
        }
        for (int i = 0; i < 8; i++) {
            CHECK_EQ(write(ends[1], "p", 1), 1);
            CHECK_EQ(t_finish(&rounds[i].cb[1]), 1);
        }
    }
    t_figure(0, t_scale(100) * 8 * 5, "requests of ended threads lost");
    return 0;
}
