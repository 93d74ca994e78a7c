/* The block and its buffer are unmapped the instant its status changes: nothing of it is touched afterwards. */
/* not under: tsan: of the signals that it puts off it keeps one of each number */
#include "test.h"

enum { KINDS = 5 };
static int data, direct, file, ends[2];
static atomic_int called, signalled;

static void on_signal(int sig, siginfo_t *info, void *unused)
{
    CHECK_EQ(info->si_value.sival_int, 4711);
    atomic_fetch_add(&signalled, 1);
    (void)sig, (void)unused;
}

static void callback(union sigval value)
{
    CHECK_EQ(value.sival_int, 4711);
    atomic_fetch_add(&called, 1);
}

int main(void)
{
    int expected = 0, signals = 0;
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
    CHECK_EQ(sigaction(SIGRTMIN, &action, NULL), 0);
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT), file = t_file(0);
    t_pipe(ends);
    for (long n = t_scale(1000); n > 0; n--) {
        int kind = (int)(n % KINDS), notify = (int)(n / KINDS % 3);
        if (kind == 4 && n % 4 != 0)
            kind = 3; /* few syncs: they cost most */
        unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(page != MAP_FAILED);
        struct aiocb *cb = (void *)page;
        t_block(cb, kind == 0 ? data : kind == 1 ? direct : kind == 2 ? ends[0] : file, page + 4096, kind == 2 ? 1 : 4096,
                n % 16 * 4096);
        if (notify == 1) {
            t_sigev_signal(cb, SIGRTMIN, 4711);
            signals++;
        }
        if (notify == 2) {
            t_sigev_thread(cb, callback, NULL);
            cb->aio_sigevent.sigev_value.sival_int = 4711;
            expected++;
        }
        CHECK_EQ(kind < 3 ? aio_read(cb) : kind == 3 ? aio_write(cb) : aio_fsync(O_SYNC, cb), 0);
        if (kind == 2)
            CHECK_EQ(write(ends[1], "u", 1), 1);
        int error;
        for (int spins = 0; (error = aio_error(cb)) == EINPROGRESS; spins++)
            if (spins > 1000)
                sched_yield();
        CHECK_EQ(munmap(page, 8192), 0);
        CHECK_EQ(error, 0);
    }
    while (atomic_load(&called) < expected || atomic_load(&signalled) < signals)
        usleep(1000);
    CHECK_EQ(atomic_load(&called), expected);
    CHECK_EQ(atomic_load(&signalled), signals);
    t_figure(0, t_scale(1000), "blocks touched after their end");
    return 0;
}
