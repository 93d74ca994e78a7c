/* exit called by one thread while others submit from and wait in frames of their own: what was accepted is in the file. */
/* glibc: fails: they are lost */
#include "exit.h"

enum { THREADS = 3 };
static int fd, ends[2];
static pthread_barrier_t ready;

static void *submit_and_wait(void *arg)
{
    struct aiocb cb[X_WRITES], never;
    const struct aiocb *list[1] = { &never };
    char c;
    exit_submit(cb, fd, (int)(intptr_t)arg);
    t_read_blocked(&never, ends[0], &c, 1);
    pthread_barrier_wait(&ready);
    aio_suspend(list, 1, NULL);
    return NULL;
}

static void *leave(void *unused)
{
    pthread_barrier_wait(&ready);
    exit(0);
    return unused;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        pthread_t thread;
        fd = exit_file(argv);
        t_pipe(ends);
        CHECK_EQ(pthread_barrier_init(&ready, NULL, THREADS + 1), 0);
        for (int i = 1; i < THREADS; i++)
            CHECK_EQ(pthread_create(&thread, NULL, submit_and_wait, (void *)(intptr_t)i), 0);
        CHECK_EQ(pthread_create(&thread, NULL, leave, NULL), 0);
        submit_and_wait(NULL);
        FAIL("main went on");
    }
    for (long n = t_scale(10); n > 0; n--)
        exit_check("thread", 0, THREADS);
    return 0;
}
