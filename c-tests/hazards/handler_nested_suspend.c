/* A handler that interrupts aio_suspend waits in aio_suspend itself; it ends on its own and the outer wait goes on. */
/* glibc: may fail: the wait inside the handler may miss its wake-up */
/* not under: tsan: puts a signal off until libc is called again */
#include "test.h"

static int outer_pipe[2], inner_pipe[2];
static int data;
static atomic_int handled;

static void on_signal(int sig)
{
    int saved = errno;
    struct aiocb inner, never, file;
    char c = 0, d, page[512];
    const struct aiocb *list[2] = { &inner, &never };
    struct timespec soon = { 0, 1000000 };
    t_block(&never, outer_pipe[0], &d, 1, 0);
    never.aio_fildes = inner_pipe[0];
    t_block(&inner, inner_pipe[0], &c, 1, 0);
    CHECK_EQ(aio_read(&inner), 0);
    CHECK_EQ(aio_read(&never), 0);
    CHECK_ERR(aio_suspend(list, 2, &soon), EAGAIN);
    t_block(&file, data, page, 512, 0);
    CHECK_EQ(aio_read(&file), 0);
    const struct aiocb *files[1] = { &file };
    t_woken(files, 1);
    CHECK_EQ(aio_return(&file), 512);
    CHECK_EQ(write(inner_pipe[1], "i", 1), 1);
    t_woken(list, 1);
    CHECK_EQ(aio_return(&inner), 1);
    CHECK_EQ(c, 'i');
    CHECK_EQ(write(inner_pipe[1], "j", 1), 1);
    CHECK_EQ(t_finish(&never), 1);
    atomic_fetch_add(&handled, 1);
    errno = saved;
    (void)sig;
}

struct plan {
    pthread_t waiter;
    int before;
};

/* Interrupts the waiter three times, then ends its wait. */
static void *disturb(void *arg)
{
    struct plan *plan = arg;
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(pthread_kill(plan->waiter, SIGUSR1), 0);
        while (atomic_load(&handled) < plan->before + i)
            sched_yield();
    }
    CHECK_EQ(write(outer_pipe[1], "o", 1), 1);
    return NULL;
}

int main(void)
{
    t_pipe(outer_pipe);
    t_pipe(inner_pipe);
    data = t_data(4096, 0);
    t_handle(SIGUSR1, on_signal, SA_RESTART);
    for (long n = t_scale(50); n > 0; n--) {
        struct plan plan = { pthread_self(), atomic_load(&handled) };
        struct aiocb outer, *entry[1] = { &outer };
        pthread_t thread;
        char c = 0;
        t_block(&outer, outer_pipe[0], &c, 1, 0);
        outer.aio_lio_opcode = LIO_READ;
        CHECK_EQ(pthread_create(&thread, NULL, disturb, &plan), 0);
        if (n & 1) {
            const struct aiocb *list[1] = { &outer };
            CHECK_EQ(aio_read(&outer), 0);
            CHECK_EQ(aio_suspend(list, 1, NULL), 0);
        } else {
            CHECK_EQ(lio_listio(LIO_WAIT, entry, 1, NULL), 0);
        }
        CHECK_EQ(aio_error(&outer), 0);
        CHECK_EQ(aio_return(&outer), 1);
        CHECK_EQ(c, 'o');
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    return 0;
}
