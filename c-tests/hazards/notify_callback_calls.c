/* A callback takes the result, frees the block, submits the next one, closes descriptors and forks. */
/* glibc: may fail: the forked child waits for threads that only the parent has */
#include "child.h"

enum { CHAIN = 40 };
static int data, direct;
static sem_t finished;
static long left;

struct job {
    struct aiocb cb;
    unsigned char buf[512];
};

static void next(void);

static void callback(union sigval value)
{
    struct job *job = value.sival_ptr;
    CHECK_EQ(aio_error(&job->cb), 0);
    CHECK_EQ(aio_return(&job->cb), 512);
    CHECK(t_same(job->buf, 512, job->cb.aio_offset, 0));
    CHECK_EQ(close(job->cb.aio_fildes), 0);
    memset(job, 0xa5, sizeof *job);
    free(job);
    if (left % 10 == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            child_aio(data, direct);
            _exit(0);
        }
        t_child_ok(pid);
    }
    child_aio(data, direct);
    if (--left > 0)
        next();
    else
        sem_post(&finished);
}

static void next(void)
{
    struct job *job = malloc(sizeof *job);
    CHECK(job != NULL);
    t_block(&job->cb, dup(data), job->buf, 512, left % 100 * 512);
    t_sigev_thread(&job->cb, callback, job);
    CHECK_EQ(aio_read(&job->cb), 0);
}

int main(void)
{
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT);
    CHECK_EQ(sem_init(&finished, 0, 0), 0);
    for (long n = t_scale(3); n > 0; n--) {
        left = CHAIN;
        next();
        CHECK_EQ(sem_wait(&finished), 0);
    }
    return 0;
}
