/* Requests that a slow file does not answer hold up none on other files, in any of the calls. */
/* glibc: may fail: twenty stuck requests take all its threads */
#include "slow.h"

enum { HELD = 40, SIZE = 4096 };

int main(void)
{
    s_mount();
    int slow_fd[HELD], data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), file = t_file(0), ends[2];
    unsigned char *buf = t_pages((HELD + 3) * SIZE, 0), *own = buf + HELD * SIZE;
    struct aiocb held[HELD];
    t_pipe(ends);
    for (int i = 0; i < HELD; i++)
        slow_fd[i] = s_open(0);
    s_hold(S_SIZE);
    for (int i = 0; i < HELD; i++) {
        t_block(&held[i], slow_fd[i], buf + i * SIZE, SIZE, i * SIZE);
        CHECK_EQ(i & 1 ? aio_write(&held[i]) : aio_read(&held[i]), 0);
    }
    for (long n = t_scale(100); n > 0; n--) {
        struct aiocb r, d, w, s, p;
        char c;
        t_block(&p, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&p), 0);
        posix_fadvise(data, 0, 0, POSIX_FADV_DONTNEED);
        t_block(&r, data, own, SIZE, SIZE);
        CHECK_EQ(aio_read(&r), 0);
        t_block(&d, direct, own + SIZE, SIZE, 0);
        CHECK_EQ(aio_read(&d), 0);
        t_block(&w, file, own + 2 * SIZE, SIZE, 0);
        CHECK_EQ(aio_write(&w), 0);
        t_block(&s, file, NULL, 0, 0);
        CHECK_EQ(aio_fsync(O_SYNC, &s), 0);
        CHECK_EQ(write(ends[1], "x", 1), 1);
        CHECK_EQ(t_finish(&r), SIZE);
        CHECK_EQ(t_finish(&d), SIZE);
        CHECK_EQ(t_finish(&w), SIZE);
        CHECK_EQ(t_finish(&s), 0);
        CHECK_EQ(t_finish(&p), 1);
    }
    for (int i = 0; i < HELD; i++)
        CHECK_EQ(aio_error(&held[i]), EINPROGRESS);
    s_hold(0);
    for (int i = 0; i < HELD; i++)
        CHECK_EQ(t_finish(&held[i]), SIZE);
    for (int i = 0; i < HELD; i++)
        close(slow_fd[i]);
    s_unmount();
    return 0;
}
