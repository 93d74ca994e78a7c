/* The program's own pthread_atfork handlers, registered before and after the first request, may call AIO. */
/* glibc: fails: in the child it waits for threads that only the parent has */
#include "child.h"

static int data, direct;
static struct aiocb cb[2];
static char buf[2][4096];

static void start(int i)
{
    t_block(&cb[i], data, buf[i], 4096, i * 4096);
    CHECK_EQ(aio_read(&cb[i]), 0);
    CHECK_EQ(t_wait(&cb[i]), 0);
}

static void end(int i)
{
    const struct aiocb *list[1] = { &cb[i] };
    CHECK_EQ(aio_suspend(list, 1, NULL), 0);
    CHECK_EQ(aio_error(&cb[i]), 0);
    CHECK_EQ(aio_return(&cb[i]), 4096);
    CHECK(t_same(buf[i], 4096, i * 4096, 0));
}

static void prepare_0(void) { start(0); }
static void prepare_1(void) { start(1); }
static void parent_0(void) { end(0); }
static void parent_1(void) { end(1); }

static void child_0(void)
{
    end(0);
    child_aio(data, direct);
}

static void child_1(void)
{
    end(1);
    child_aio(data, direct);
}

int main(void)
{
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT);
    CHECK_EQ(pthread_atfork(prepare_0, parent_0, child_0), 0);
    child_aio(data, direct);
    CHECK_EQ(pthread_atfork(prepare_1, parent_1, child_1), 0);
    for (long n = t_scale(20); n > 0; n--) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        t_child_ok(pid);
        child_aio(data, direct);
    }
    return 0;
}
