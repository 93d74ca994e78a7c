/* A signal handler that interrupts submissions closes descriptors with writes outstanding: none is lost. */
/* glibc: fails: writes end with EBADF */
#include "test.h"
#include <sys/time.h>

enum { SIZE = 4096 };
static atomic_int number = -1;
static atomic_int closes;

static void on_alarm(int sig)
{
    int saved = errno, fd = atomic_exchange(&number, -1);
    if (fd >= 0) {
        CHECK_EQ(close(fd), 0);
        atomic_fetch_add(&closes, 1);
    }
    errno = saved;
    (void)sig;
}

int main(void)
{
    unsigned char *out = t_pages(SIZE, 0), *back = t_pages(SIZE, 0);
    static struct aiocb cb[64];
    t_handle(SIGALRM, on_alarm, SA_RESTART);
    struct itimerval timer = { { 0, 1000 }, { 0, 1000 } };
    CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
    for (unsigned n = 1; atomic_load(&closes) < t_scale(300); n++) {
        int keep = t_file(0), wrote = 0;
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", keep);
        int fd = open(name, O_RDWR);
        CHECK(fd >= 0);
        t_pattern(out, SIZE, 0, n);
        /* from here the handler may close it; the number is not used again before that is seen */
        t_block(&cb[0], fd, out, SIZE, 0);
        CHECK_EQ(aio_write(&cb[0]), 0);
        atomic_store(&number, fd);
        for (wrote = 1; wrote < 64 && atomic_load(&number) >= 0; wrote++) {
            t_block(&cb[wrote], fd, out, SIZE, wrote * SIZE);
            CHECK_EQ(aio_write(&cb[wrote]), 0);
        }
        if (atomic_exchange(&number, -1) >= 0)
            CHECK_EQ(close(fd), 0);
        for (int i = 0; i < wrote; i++) {
            int error = t_wait(&cb[i]);
            if (i > 0 && i == wrote - 1 && error == EBADF) /* submitted just after the handler closed it */
                continue;
            CHECK_EQ(error, 0);
            CHECK_EQ(aio_return(&cb[i]), SIZE);
            CHECK_EQ(pread(keep, back, SIZE, i * SIZE), SIZE);
            CHECK(memcmp(out, back, SIZE) == 0);
        }
        close(keep);
    }
    return 0;
}
