/* The function of SIGEV_THREAD may submit the next request of a chain, and wait for one. */
#include "test.h"

static struct aiocb cb;
static char buf[512];
static int count;
static sem_t done;

static void notified(union sigval value)
{
    struct aiocb own;
    char bytes[512];
    CHECK_EQ(aio_return(&cb), sizeof buf);
    t_block(&own, cb.aio_fildes, bytes, sizeof bytes, 0);
    CHECK_OK(aio_read(&own));
    CHECK_EQ(t_finish(&own), sizeof bytes);
    if (++count < 500)
        CHECK_OK(aio_write(value.sival_ptr));
    else
        sem_post(&done);
}

int main(void)
{
    sem_init(&done, 0, 0);
    t_block(&cb, t_filled(0, 512, 1), buf, sizeof buf, 0);
    t_sigev_thread(&cb, notified, &cb);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(sem_wait(&done), 0);
    return 0;
}
