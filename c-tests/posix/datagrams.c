/* Each request on a datagram socket is one datagram: never joined, split or continued. */
#include "test.h"

int main(void)
{
    static const int sizes[] = { 1, 100, 1000, 5000, 3 };
    static char out[8192], in[8192];
    int s[2];
    struct aiocb cb, reads[5];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
    t_fill(out, sizeof out, 1);
    for (int i = 0; i < 5; i++) {
        t_block(&cb, s[0], out + i, sizes[i], 0);
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), sizes[i]);
    }
    for (int i = 0; i < 5; i++) { /* Room for 1000 bytes each: the rest of the fourth is lost. */
        t_block(&reads[i], s[1], in + i * 1000, 1000, 0);
        CHECK_OK(aio_read(&reads[i]));
    }
    for (int i = 0; i < 5; i++) {
        int want = sizes[i] < 1000 ? sizes[i] : 1000;
        CHECK_EQ(t_finish(&reads[i]), want);
        CHECK(memcmp(in + i * 1000, out + i, want) == 0);
    }
    return 0;
}
