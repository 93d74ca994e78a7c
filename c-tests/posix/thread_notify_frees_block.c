/* The control block may be freed in the function of SIGEV_THREAD. */
#include "test.h"

static sem_t room;
static atomic_int calls;

static void notified(union sigval value)
{
    struct aiocb *cb = value.sival_ptr;
    CHECK_EQ(aio_error(cb), 0);
    CHECK_EQ(aio_return(cb), 512);
    memset(cb, 0xff, sizeof *cb);
    free(cb);
    calls++;
    sem_post(&room);
}

int main(void)
{
    enum { COUNT = 2000, DEPTH = 16 };
    static char buf[512];
    int fd = t_filled(0, 512, 1);
    sem_init(&room, 0, DEPTH);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(sem_wait(&room), 0);
        struct aiocb *cb = malloc(sizeof *cb);
        t_block(cb, fd, buf, sizeof buf, 0);
        t_sigev_thread(cb, notified, cb);
        CHECK_OK(i % 2 ? aio_read(cb) : aio_write(cb));
    }
    for (int i = 0; i < DEPTH; i++)
        CHECK_EQ(sem_wait(&room), 0);
    CHECK_EQ(calls, COUNT);
    return 0;
}
