/* close cancels what has not started; what has completes on the old file; nothing touches the next one. */
#include "solaris.h"

enum { N = 400, SIZE = 32768 };

int main(void)
{
    static aio_result_t r[N];
    char *buf = t_pages(SIZE, 'A');
    int spare = t_file(0);
    for (int round = 0; round < 20; round++) {
        int fd = t_file(round % 2 ? O_APPEND : 0), keep = dup(fd), done = 0, cancelled = 0;
        for (int i = 0; i < N; i++) {
            s_polled(&r[i]);
            CHECK_OK(aiowrite(fd, buf, SIZE, (off_t)i * SIZE, SEEK_SET, &r[i]));
        }
        CHECK_EQ(close(fd), 0);
        int other = dup(spare);
        CHECK_EQ(other, fd);
        aio_result_t *got;
        while ((got = aiowait(NULL)) != S_FAILED)
            CHECK(got >= r && got < r + N && got->aio_return == SIZE);
        CHECK_EQ(errno, EINVAL);
        struct stat st;
        for (int i = 0; i < N; i++) {
            if (s_seen(&r[i]) == SIZE) {
                done++;
            } else {
                CHECK_RESULT(&r[i], -1, ECANCELED);
                cancelled++;
            }
        }
        CHECK_EQ(done + cancelled, N);
        CHECK_EQ(fstat(other, &st), 0);
        CHECK_EQ(st.st_size, 0);
        if (round % 2) {
            CHECK_EQ(fstat(keep, &st), 0);
            CHECK_EQ(st.st_size, (off_t)done * SIZE);
        }
        close(other);
        close(keep);
    }
    return 0;
}
