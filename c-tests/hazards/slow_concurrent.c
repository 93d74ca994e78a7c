/* Requests on one descriptor of a file run concurrently: a read that is not answered holds up no other. */
/* glibc: fails: one request at a time per descriptor */
#include "slow.h"

enum { HELD = 6, SIZE = 4096 };

int main(void)
{
    s_mount();
    int fd = s_open(0);
    unsigned char *buf = t_pages((HELD + 1) * SIZE, 0);
    for (long n = t_scale(20); n > 0; n--) {
        struct aiocb held[HELD], quick;
        long before = atomic_load(&slow->reads);
        s_hold(HELD * SIZE);
        for (int i = 0; i < HELD; i++) {
            t_block(&held[i], fd, buf + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_read(&held[i]), 0);
        }
        s_arrived(&slow->reads, before + HELD); /* all of them at the server, none answered */
        t_block(&quick, fd, buf + HELD * SIZE, SIZE, HELD * SIZE);
        CHECK_EQ(aio_read(&quick), 0);
        CHECK_EQ(t_finish(&quick), SIZE);
        CHECK(t_same(buf + HELD * SIZE, SIZE, HELD * SIZE, 0));
        for (int i = 0; i < HELD; i++)
            CHECK_EQ(aio_error(&held[i]), EINPROGRESS);
        s_hold(0);
        for (int i = 0; i < HELD; i++)
            CHECK_EQ(t_finish(&held[i]), SIZE);
        CHECK(t_same(buf, HELD * SIZE, 0, 0));
    }
    close(fd);
    s_unmount();
    return 0;
}
