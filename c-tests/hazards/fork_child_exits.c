/* A child that ends without exec, by _exit, exit, abort or closing everything, leaves the parent's requests alone. */
#include "test.h"

enum { WRITES = 16, READS = 16, SIZE = 4096 };

int main(void)
{
    int ends[2], file, direct = t_data(READS * SIZE, O_DIRECT);
    unsigned char *out = t_pages(WRITES * SIZE, 0), *in = t_pages(READS * SIZE, 0), *back = t_pages(SIZE, 0);
    t_pipe(ends);
    file = t_file(0);
    struct rlimit no_core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &no_core);
    for (long n = t_scale(60); n > 0; n--) {
        struct aiocb w[WRITES], r[READS], pending;
        char c = 0;
        t_pattern(out, WRITES * SIZE, 0, (unsigned)n);
        memset(in, 0, READS * SIZE);
        t_block(&pending, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&pending), 0);
        for (int i = 0; i < WRITES; i++) {
            t_block(&w[i], file, out + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_write(&w[i]), 0);
            t_block(&r[i], direct, in + i * SIZE, SIZE, i * SIZE);
            CHECK_EQ(aio_read(&r[i]), 0);
        }
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            if (n % 4 == 0)
                _exit(0);
            if (n % 4 == 1)
                exit(0);
            if (n % 4 == 2)
                abort();
            for (int fd = 3; fd < 64; fd++)
                close(fd);
            _exit(0);
        }
        int status;
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK(n % 4 == 2 ? WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT : status == 0);
        for (int i = 0; i < WRITES; i++) {
            CHECK_EQ(t_finish(&w[i]), SIZE);
            CHECK_EQ(t_finish(&r[i]), SIZE);
            CHECK_EQ(pread(file, back, SIZE, i * SIZE), SIZE);
            CHECK(t_same(back, SIZE, i * SIZE, (unsigned)n));
        }
        CHECK(t_same(in, READS * SIZE, 0, 0));
        CHECK_EQ(aio_error(&pending), EINPROGRESS);
        CHECK_EQ(write(ends[1], "p", 1), 1);
        CHECK_EQ(t_finish(&pending), 1);
        CHECK_EQ(c, 'p');
    }
    return 0;
}
