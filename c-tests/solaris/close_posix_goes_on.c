/* close cancels Solaris requests that have not started, and sees POSIX ones through. */
#include "solaris.h"

enum { N = 200, SIZE = 16384 };

int main(void)
{
    static aio_result_t r[N];
    static struct aiocb cb[N];
    char *buf = t_pages(SIZE, 'A');
    int fd = t_file(O_APPEND), keep = dup(fd), done = 0;
    struct stat st;
    for (int i = 0; i < N; i++) {
        s_polled(&r[i]);
        CHECK_OK(aiowrite(fd, buf, SIZE, 0, SEEK_SET, &r[i]));
        t_block(&cb[i], fd, buf, SIZE, 0);
        CHECK_OK(aio_write(&cb[i]));
    }
    CHECK_EQ(close(fd), 0);
    for (int i = 0; i < N; i++) {
        CHECK_EQ(t_finish(&cb[i]), SIZE);
        if (s_spin(&r[i]) == SIZE)
            done++;
        else
            CHECK_RESULT(&r[i], -1, ECANCELED);
    }
    CHECK_EQ(fstat(keep, &st), 0);
    CHECK_EQ(st.st_size, (off_t)(N + done) * SIZE);
    return 0;
}
