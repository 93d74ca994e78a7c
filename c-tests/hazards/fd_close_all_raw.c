/* After every descriptor was closed by raw system calls, which nobody can interpose, AIO goes on, and its threads rest. */
#include "every.h"

static double cpu_time(void)
{
    struct timespec t;
    CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* No thread goes round and round over a descriptor that is not there any more. */
static void at_rest(void)
{
    struct aiocb cb;
    int ends[2];
    char c;
    t_pipe(ends);
    t_read_blocked(&cb, ends[0], &c, 1);
    double began = cpu_time();
    usleep(300000);
    double took = cpu_time() - began;
    if (took > 0.03)
        FAIL("%.3f s of the processor in 0.3 s without anything to do", took);
    CHECK_EQ(write(ends[1], "r", 1), 1);
    CHECK_EQ(t_finish(&cb), 1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (long n = t_scale(4); n > 0; n--) {
        struct every e = every_open();
        every_once(&e);
        every_once(&e);
        if (n & 1) {
            for (unsigned long fd = 3; fd < limit.rlim_max && fd < 1 << 20; fd++)
                syscall(SYS_close, fd);
        } else {
            CHECK_EQ(syscall(SYS_close_range, 3, ~0U, 0), 0);
        }
        at_rest();
        munmap(e.buf, 16 * 4096);
        e = every_open();
        every_once(&e);
        if (n & 2) /* in another order, so that every number changes its kind */
            CHECK_EQ(syscall(SYS_close_range, 3, ~0U, 0), 0);
        else
            every_close(&e);
        struct every f = { .buf = t_pages(16 * 4096, 0) };
        t_pipe(f.pipe);
        f.append = t_file(O_APPEND), f.file = t_file(0);
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, f.socket), 0);
        f.direct = t_data(1 << 16, O_DIRECT), f.data = t_data(1 << 16, 0);
        every_once(&f);
        every_close(&f);
    }
    return 0;
}
