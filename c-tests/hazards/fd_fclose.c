/* A number that libc closes internally (fclose, freopen) and gives to another kind of file is not mistaken for the old one. */
#include "test.h"

int main(void)
{
    char buf[64];
    for (long n = t_scale(50); n > 0; n--) {
        int ends[2], file = t_data(1 << 12, 0), append = t_file(O_APPEND);
        char name[64];
        struct aiocb cb;
        snprintf(name, sizeof name, "/proc/self/fd/%d", file);
        FILE *f = fopen(name, "r");
        CHECK(f != NULL);
        int number = fileno(f);
        t_block(&cb, number, buf, 64, 128);
        CHECK_EQ(aio_read(&cb), 0);
        CHECK_EQ(t_finish(&cb), 64);
        CHECK(t_same(buf, 64, 128, 0));
        CHECK_EQ(fclose(f), 0);
        t_pipe(ends);
        CHECK_EQ(ends[0], number);
        t_block(&cb, ends[0], buf, 64, 128);
        CHECK_EQ(aio_read(&cb), 0);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "pipe", 4), 4);
        CHECK_EQ(t_finish(&cb), 4);
        /* pipe to file */
        f = fdopen(ends[0], "r");
        CHECK(f != NULL);
        CHECK_EQ(fclose(f), 0);
        snprintf(name, sizeof name, "/proc/self/fd/%d", append);
        CHECK_EQ(open(name, O_RDWR | O_APPEND), number);
        for (int i = 0; i < 8; i++) {
            struct aiocb w;
            char c = (char)('a' + i);
            t_block(&w, number, &c, 1, 0);
            CHECK_EQ(aio_write(&w), 0);
            CHECK_EQ(t_finish(&w), 1);
        }
        CHECK_EQ(pread(append, buf, 64, 0), 8);
        CHECK(memcmp(buf, "abcdefgh", 8) == 0);
        close(number);
        close(ends[1]);
        close(file);
        close(append);
    }
    return 0;
}
