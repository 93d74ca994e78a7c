/* In the handler the status is final, aio_return gives the result, and the next request can be made. */
/* glibc: may fail: submission in a handler can find its lock held */
#include "test.h"

static struct aiocb cb;
static char buf[512];
static atomic_int handled;
static sem_t done;

static void handler(int signo, siginfo_t *info, void *context)
{
    int saved = errno;
    (void)context;
    CHECK_EQ(signo, SIGRTMIN);
    CHECK_EQ(info->si_code, SI_ASYNCIO);
    CHECK(info->si_value.sival_ptr == &cb);
    CHECK_EQ(aio_error(&cb), 0);
    CHECK_EQ(aio_return(&cb), sizeof buf);
    if (++handled < 2000)
        CHECK_OK(handled % 2 ? aio_write(&cb) : aio_read(&cb));
    else
        sem_post(&done);
    errno = saved;
}

int main(void)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
    CHECK_EQ(sigaction(SIGRTMIN, &action, NULL), 0);
    sem_init(&done, 0, 0);
    t_block(&cb, t_filled(0, 512, 1), buf, sizeof buf, 0);
    cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    cb.aio_sigevent.sigev_signo = SIGRTMIN;
    cb.aio_sigevent.sigev_value.sival_ptr = &cb;
    CHECK_OK(aio_read(&cb));
    while (sem_wait(&done) != 0)
        CHECK_EQ(errno, EINTR);
    CHECK_EQ(handled, 2000);
    return 0;
}
