/* A signal handler that interrupts AIO calls forks; the child does AIO from inside the handler. */
/* timeout: 60 */
/* glibc: fails: the child finds locks held or waits for threads that only the parent has */
/* not under: tsan: the locks of its heap do not survive a fork from several threads */
#include "child.h"
#include <sys/time.h>

static int data, direct;
static atomic_int forks;

/* One shot after each child: its end may take tens of milliseconds, and the main thread is to get on in between. */
static void again(void)
{
    struct itimerval timer = { { 0, 0 }, { 0, 5000 } };
    CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void on_signal(int sig)
{
    int saved = errno;
    pid_t pid = _Fork();
    if (pid == 0) {
        child_aio(data, direct);
        _exit(0);
    }
    t_child_ok(pid);
    atomic_fetch_add(&forks, 1);
    again();
    errno = saved;
    (void)sig;
}

int main(void)
{
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT);
    unsigned char *buf = t_pages(4096, 0);
    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    CHECK_EQ(sigaction(SIGALRM, &sa, NULL), 0);
    again();
    for (unsigned turn = 0; atomic_load(&forks) < t_scale(60); turn++) {
        struct aiocb cb;
        off_t off = (off_t)(turn % 16) * 4096;
        t_block(&cb, turn & 1 ? data : direct, buf, 4096, off);
        CHECK_EQ(aio_read(&cb), 0);
        CHECK_EQ(t_finish(&cb), 4096);
        CHECK(t_same(buf, 4096, off, 0));
    }
    return 0;
}
