/* Writes that have not started when their number is closed and given to another file all reach the old one. */
/* glibc: fails: they go to the file that got the number (bug 14942) */
#include "slow.h"

enum { WRITES = 100, SIZE = 4096 };

static void *release(void *unused)
{
    usleep(50000); /* close may wait for the file, or not */
    s_hold(0);
    return unused;
}

int main(void)
{
    s_mount();
    unsigned char *buf = t_pages(WRITES * SIZE, 0);
    for (long n = t_scale(5); n > 0; n--) {
        struct aiocb cb[WRITES];
        struct stat st;
        pthread_t thread;
        int fd = s_open(0), other = t_file(0);
        memset(slow->data, 0, S_SIZE);
        t_pattern(buf, WRITES * SIZE, 0, (unsigned)n);
        s_hold(S_SIZE);
        for (int i = 0; i < WRITES; i++) {
            t_block(&cb[i], fd, buf + i * SIZE, SIZE, i * SIZE);
            cb[i].aio_reqprio = i % 3;
            CHECK_EQ(aio_write(&cb[i]), 0);
        }
        CHECK_EQ(pthread_create(&thread, NULL, release, NULL), 0);
        if (n & 1)
            CHECK_EQ(close(fd), 0);
        CHECK_EQ(dup2(other, fd), fd);
        for (int i = 0; i < WRITES; i++)
            CHECK_EQ(t_finish(&cb[i]), SIZE);
        CHECK(t_same(slow->data, WRITES * SIZE, 0, (unsigned)n));
        CHECK_EQ(fstat(other, &st), 0);
        CHECK_EQ(st.st_size, 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        close(fd);
        close(other);
    }
    s_unmount();
    t_figure(0, t_scale(5) * WRITES, "writes lost at close");
    return 0;
}
