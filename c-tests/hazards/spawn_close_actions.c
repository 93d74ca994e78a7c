/* posix_spawn whose file actions close and replace numbers with requests in flight leaves these alone. */
#include "test.h"
#include <spawn.h>

extern char **environ;
enum { WRITES = 32, SIZE = 4096 };

int main(int argc, char **argv)
{
    if (argc > 1)
        return strcmp(argv[1], "child") != 0;
    unsigned char *out = t_pages(WRITES * SIZE, 0), *back = t_pages(SIZE, 0);
    int ends[2];
    t_pipe(ends);
    for (long n = t_scale(40); n > 0; n--) {
        int file = t_file(0), other = t_file(0);
        struct aiocb w[WRITES], pending;
        posix_spawn_file_actions_t act;
        char c = 0, *args[] = { argv[0], "child", NULL };
        pid_t pid;
        CHECK_EQ(posix_spawn_file_actions_init(&act), 0);
        CHECK_EQ(posix_spawn_file_actions_addclose(&act, ends[0]), 0);
        CHECK_EQ(posix_spawn_file_actions_adddup2(&act, other, file), 0);
        CHECK_EQ(posix_spawn_file_actions_addclosefrom_np(&act, 3), 0);
        t_pattern(out, WRITES * SIZE, 0, (unsigned)n);
        t_block(&pending, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&pending), 0);
        for (int i = 0; i < WRITES; i++) {
            t_block(&w[i], file, out + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_write(&w[i]), 0);
        }
        CHECK_EQ(posix_spawn(&pid, "/proc/self/exe", &act, NULL, args, environ), 0);
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
        CHECK_EQ(write(ends[1], "s", 1), 1);
        CHECK_EQ(t_finish(&pending), 1);
        posix_spawn_file_actions_destroy(&act);
        close(file);
        close(other);
    }
    t_figure(0, t_scale(40) * (WRITES + 1), "requests harmed by a child that closes");
    return 0;
}
