/* A signal that announces what aio_suspend sleeps for has been handled when aio_suspend returns. */
/* glibc: may fail: the result shows before the signal is sent */
#include "test.h"
#include <sys/syscall.h>

#define ROUNDS 200

static atomic_int handled;
static pid_t waiter;
static int p[2];

static void handler(int signo)
{
    (void)signo;
    handled++;
}

static bool sleeps(pid_t tid)
{
    char path[64], text[256], *state;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    CHECK(n > 0);
    text[n] = 0;
    state = strrchr(text, ')');
    return state && state[1] == ' ' && state[2] == 'S';
}

static void *feed(void *arg)
{
    sem_t *go = arg;
    for (int i = 0; i < ROUNDS; i++) {
        while (sem_wait(go) != 0)
            CHECK_EQ(errno, EINTR);
        while (!sleeps(waiter))
            sched_yield();
        t_write_all(p[1], "x", 1);
    }
    return NULL;
}

int main(void)
{
    char c;
    struct aiocb cb;
    const struct aiocb *list[] = { &cb };
    sem_t go;
    pthread_t feeder;
    sigset_t set;
    t_pipe(p);
    waiter = (pid_t)syscall(SYS_gettid);
    CHECK_EQ(sem_init(&go, 0, 0), 0);
    t_handle(SIGUSR1, handler, SA_RESTART);
    /* The handler is to run in this thread. */
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    CHECK_EQ(pthread_create(&feeder, NULL, feed, &go), 0);
    CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        t_block(&cb, p[0], &c, 1, 0);
        cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
        cb.aio_sigevent.sigev_signo = SIGUSR1;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(sem_post(&go), 0);
        CHECK_OK(aio_suspend(list, 1, NULL));
        CHECK_EQ(handled, i + 1);
        CHECK_EQ(aio_return(&cb), 1);
    }
    CHECK_EQ(pthread_join(feeder, NULL), 0);
    return 0;
}
