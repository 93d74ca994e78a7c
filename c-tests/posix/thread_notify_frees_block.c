/* The control block may be freed in the function of SIGEV_THREAD. */
#include "test.h"

struct request {
    struct aiocb cb;
    char buf[512]; /* its own: those of two requests may be transferred at the same time */
};

static sem_t room;
static atomic_int calls;

static void notified(union sigval value)
{
    struct request *r = value.sival_ptr;
    CHECK_EQ(aio_error(&r->cb), 0);
    CHECK_EQ(aio_return(&r->cb), 512);
    memset(r, 0xff, sizeof *r);
    free(r);
    calls++;
    sem_post(&room);
}

int main(void)
{
    enum { COUNT = 2000, DEPTH = 16 };
    int fd = t_filled(0, 512, 1);
    sem_init(&room, 0, DEPTH);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(sem_wait(&room), 0);
        struct request *r = calloc(1, sizeof *r);
        t_block(&r->cb, fd, r->buf, sizeof r->buf, 0);
        t_sigev_thread(&r->cb, notified, r);
        CHECK_OK(i % 2 ? aio_read(&r->cb) : aio_write(&r->cb));
    }
    for (int i = 0; i < DEPTH; i++)
        CHECK_EQ(sem_wait(&room), 0);
    CHECK_EQ(calls, COUNT);
    return 0;
}
