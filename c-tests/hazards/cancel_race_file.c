/* aio_cancel races direct reads and writes of a file: one outcome, one notification, and it says the truth. */
#include "race.h"

enum { SIZE = 4096 };

int main(void)
{
    struct race r = { 0 };
    int data = t_data(RACERS * SIZE, O_DIRECT), file = t_file(0);
    unsigned char *buf = t_pages(RACERS * SIZE, 0), *back = t_pages(SIZE, 0);
    t_block_signals();
    for (long round = 1, rounds = t_scale(800); round <= rounds; round++) {
        int verdict[RACERS] = { 0 }, fd = round & 1 ? data : file;
        if (fd == file) {
            CHECK_EQ(ftruncate(file, 0), 0);
            t_pattern(buf, RACERS * SIZE, 0, (unsigned)round);
        } else {
            memset(buf, 0, RACERS * SIZE);
        }
        for (int i = 0; i < RACERS; i++) {
            t_block(&r.cb[i], fd, buf + i * SIZE, SIZE, i * SIZE);
            t_sigev_signal(&r.cb[i], SIGRTMIN, i);
            CHECK_EQ(fd == data ? aio_read(&r.cb[i]) : aio_write(&r.cb[i]), 0);
        }
        bool all = round % 8 == 0;
        if (all)
            CHECK(aio_cancel(fd, NULL) >= 0);
        for (int i = RACERS - 1; i >= 0 && !all; i--) {
            verdict[i] = aio_cancel(fd, &r.cb[i]);
            CHECK(verdict[i] >= 0);
            int error = aio_error(&r.cb[i]);
            CHECK(verdict[i] == AIO_CANCELED ? error == ECANCELED : error == 0 || verdict[i] == AIO_NOTCANCELED);
        }
        race_settle(&r, verdict, !all, SIZE);
        for (int i = 0; i < RACERS; i++) {
            bool done = aio_error(&r.cb[i]) == 0;
            if (fd == data) {
                CHECK(!done || t_same(buf + i * SIZE, SIZE, i * SIZE, 0));
            } else {
                memset(back, 0, SIZE);
                ssize_t got = pread(file, back, SIZE, i * SIZE);
                CHECK(got >= 0);
                CHECK(done ? t_same(back, SIZE, i * SIZE, (unsigned)round) : back[0] == 0 && back[SIZE - 1] == 0);
            }
        }
    }
    printf("%ld cancelled, %ld done\n", r.cancelled, r.done);
    t_figure(0, r.cancelled + r.done, "races with two outcomes or none");
    return 0;
}
