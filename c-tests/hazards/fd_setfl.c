/* F_SETFL takes effect on the next request: O_NONBLOCK on a pipe, O_APPEND and O_DIRECT on a file, also set through a duplicate. */
#include "test.h"

static void set(int fd, int flag, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    CHECK(flags >= 0);
    CHECK_EQ(fcntl(fd, F_SETFL, on ? flags | flag : flags & ~flag), 0);
}

int main(void)
{
    int ends[2], file = t_file(0), twin, data = t_data(1 << 16, 0);
    unsigned char *page = t_pages(8192, 0);
    struct stat st;
    t_pipe(ends);
    twin = dup(ends[0]);
    for (long n = t_scale(50); n > 0; n--) {
        struct aiocb cb;
        char c;
        int through = n & 1 ? twin : ends[0];
        t_read_blocked(&cb, ends[0], &c, 1);
        CHECK_EQ(write(ends[1], "1", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);
        set(through, O_NONBLOCK, true);
        t_block(&cb, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&cb), 0);
        CHECK_EQ(t_wait(&cb), EAGAIN);
        CHECK_EQ(aio_return(&cb), -1);
        set(through, O_NONBLOCK, false);
        t_read_blocked(&cb, ends[0], &c, 1);
        CHECK_EQ(write(ends[1], "2", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);

        CHECK_EQ(ftruncate(file, 10), 0);
        for (int i = 0; i < 4; i++) { /* in turn positioned and appending */
            set(file, O_APPEND, i & 1);
            t_block(&cb, file, "xyz", 3, 0);
            CHECK_EQ(aio_write(&cb), 0);
            CHECK_EQ(t_finish(&cb), 3);
            CHECK_EQ(fstat(file, &st), 0);
            CHECK_EQ(st.st_size, i == 0 ? 10 : i < 3 ? 13 : 16);
        }
        for (int i = 0; i < 4; i++) { /* a misaligned read: refused with O_DIRECT exactly as pread says */
            set(data, O_DIRECT, i & 1);
            ssize_t want = pread(data, page + 1, 100, 3);
            int error = want < 0 ? errno : 0;
            t_block(&cb, data, page + 1, 100, 3);
            CHECK_EQ(aio_read(&cb), 0);
            CHECK_EQ(t_wait(&cb), error);
            CHECK_EQ(aio_return(&cb), want);
        }
    }
    return 0;
}
