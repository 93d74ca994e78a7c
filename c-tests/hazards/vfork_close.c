/* A vfork child shares our memory but not our descriptors: its close and dup2 touch no request of the parent. */
#include "test.h"

enum { WRITES = 32, SIZE = 4096 };

int main(void)
{
    unsigned char *out = t_pages(WRITES * SIZE, 0), *back = t_pages(SIZE, 0);
    int ends[2];
    t_pipe(ends);
    for (volatile long n = t_scale(100); n > 0; n--) {
        int file = t_file(0), other = t_file(0);
        struct aiocb w[WRITES], pending;
        char c = 0;
        t_pattern(out, WRITES * SIZE, 0, (unsigned)n);
        t_block(&pending, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&pending), 0);
        for (int i = 0; i < WRITES; i++) {
            t_block(&w[i], file, out + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_write(&w[i]), 0);
        }
        pid_t pid = vfork();
        if (pid == 0) {
            if (close(ends[0]) != 0 || dup2(other, file) != file)
                _exit(2);
            if (close_range(3, ~0U, 0) != 0)
                _exit(3);
            _exit(0);
        }
        CHECK_EQ(aio_error(&pending), EINPROGRESS);
        for (int i = 0; i < WRITES; i++) {
            CHECK_EQ(t_finish(&w[i]), SIZE);
            CHECK_EQ(pread(file, back, SIZE, i * SIZE), SIZE);
            CHECK(t_same(back, SIZE, i * SIZE, (unsigned)n));
        }
        t_child_ok(pid);
        struct stat st;
        CHECK_EQ(fstat(other, &st), 0);
        CHECK_EQ(st.st_size, 0);
        CHECK_EQ(write(ends[1], "v", 1), 1);
        CHECK_EQ(t_finish(&pending), 1);
        close(file);
        close(other);
    }
    t_figure(0, t_scale(100) * (WRITES + 1), "requests harmed by a child that closes");
    return 0;
}
