/* After every descriptor was closed by raw system calls, which nobody can interpose, AIO goes on. */
#include "every.h"

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
