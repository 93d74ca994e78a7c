/* In a child, a block that another thread of the parent was just submitting is not in progress, and can be used. */
/* glibc: may fail: the child inherits requests that never end */
#include "test.h"

enum { THREADS = 4, BLOCKS = 8 };

static struct aiocb cb[THREADS][BLOCKS];
static atomic_bool stop;
static int fd;

static void *submit(void *arg)
{
    struct aiocb *mine = arg;
    bool busy[BLOCKS] = { false };
    while (!atomic_load(&stop))
        for (int i = 0; i < BLOCKS; i++) {
            if (busy[i] && aio_error(&mine[i]) == EINPROGRESS)
                continue;
            if (busy[i])
                CHECK_EQ(aio_return(&mine[i]), 4);
            CHECK_EQ(aio_write(&mine[i]), 0);
            busy[i] = true;
        }
    for (int i = 0; i < BLOCKS; i++)
        CHECK_EQ(t_wait(&mine[i]), 0);
    return NULL;
}

static void look_at_all(void)
{
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < BLOCKS; i++) {
            int error = aio_error(&cb[t][i]);
            if (error == EINPROGRESS)
                FAIL("in progress in the child");
            CHECK(error == 0 || (error == -1 && errno == EINVAL));
        }
    CHECK_OK(aio_write(&cb[0][0]));
    CHECK_EQ(t_finish(&cb[0][0]), 4);
    _exit(0);
}

int main(void)
{
    pthread_t thread[THREADS];
    fd = t_file(0);
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < BLOCKS; i++)
            t_block(&cb[t][i], fd, "data", 4, 0);
        CHECK_EQ(pthread_create(&thread[t], NULL, submit, cb[t]), 0);
    }
    for (long n = t_scale(150); n > 0; n--) {
        pid_t child = fork();
        if (child == 0)
            look_at_all();
        t_child_ok(child);
    }
    atomic_store(&stop, true);
    for (int t = 0; t < THREADS; t++)
        CHECK_EQ(pthread_join(thread[t], NULL), 0);
    return 0;
}
