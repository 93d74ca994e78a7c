/* A number that becomes another kind of file by dup2 or close and open is always treated as what it is now. */
#include "test.h"

enum { NUMBER = 300, KINDS = 6 };

int main(void)
{
    int kinds[KINDS], pipe_ends[2], s[2];
    t_pipe(pipe_ends);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    kinds[0] = t_data(1 << 16, 0);
    kinds[1] = pipe_ends[0];
    kinds[2] = t_data(1 << 16, O_DIRECT);
    kinds[3] = s[0];
    kinds[4] = open("/dev/zero", O_RDONLY);
    kinds[5] = memfd_create("m", 0);
    unsigned char *buf = t_pages(4096, 0), *page = t_pages(4096, 0);
    t_pattern(page, 4096, 4096, 0);
    CHECK_EQ(pwrite(kinds[5], page, 4096, 4096), 4096);
    unsigned x = 1;
    for (long n = t_scale(600); n > 0; n--) {
        x = x * 1103515245 + 12345;
        int kind = (int)(x >> 16) % KINDS;
        if (x & 1 << 14)
            close(NUMBER);
        CHECK_EQ(dup2(kinds[kind], NUMBER), NUMBER);
        struct aiocb cb;
        memset(buf, 1, 4096);
        t_block(&cb, NUMBER, buf, 4096, 4096);
        CHECK_EQ(aio_read(&cb), 0);
        if (kind == 1 || kind == 3) {
            CHECK_EQ(aio_error(&cb), EINPROGRESS);
            CHECK_EQ(write(kind == 1 ? pipe_ends[1] : s[1], "stream", 6), 6);
            CHECK_EQ(t_finish(&cb), 6);
            CHECK(memcmp(buf, "stream", 6) == 0);
        } else {
            CHECK_EQ(t_finish(&cb), 4096);
            CHECK(kind == 4 ? buf[0] == 0 && buf[4095] == 0 : t_same(buf, 4096, 4096, 0));
        }
    }
    return 0;
}
