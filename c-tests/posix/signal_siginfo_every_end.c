/* The siginfo is whole however a request ends: read, write, sync, failure, on each kind of file, and as sig of a list. */
#include "test.h"

static int value;

static void told(int as)
{
    siginfo_t info = t_take_signal(SIGRTMIN + 1);
    CHECK_EQ(info.si_signo, SIGRTMIN + 1);
    CHECK_EQ(info.si_code, SI_ASYNCIO);
    CHECK_EQ(info.si_value.sival_int, as);
    CHECK_EQ(info.si_pid, getpid());
    CHECK_EQ(info.si_uid, getuid());
}

static struct aiocb *block(int fd, void *buf, size_t n)
{
    static struct aiocb cb;
    t_block(&cb, fd, buf, n, 0);
    t_sigev_signal(&cb, SIGRTMIN + 1, ++value);
    return &cb;
}

static void ends(struct aiocb *cb, int error)
{
    told(value);
    CHECK_EQ(t_wait(cb), error);
    CHECK((aio_return(cb) == -1) == (error != 0));
}

/* Read and write, as far as the descriptor lets them; the end of each. */
static void both(int in, int out, void *buf, size_t n)
{
    struct aiocb *cb = block(out, buf, n);
    CHECK_OK(aio_write(cb));
    ends(cb, 0);
    cb = block(in, buf, n);
    CHECK_OK(aio_read(cb));
    ends(cb, 0);
}

int main(void)
{
    int p[2], s[2];
    char *page = t_pages(4096, 'x');
    struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 };
    t_block_signals();
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    int file = t_file(0), direct = t_data(4096, O_DIRECT);

    both(file, file, page, 100);
    both(direct, direct, page, 4096);
    both(p[0], p[1], page, 100);
    both(s[0], s[1], page, 100);

    struct aiocb *cb = block(file, NULL, 0);
    CHECK_OK(aio_fsync(O_DSYNC, cb));
    ends(cb, 0);
    cb = block(-1, page, 1);
    CHECK_OK(aio_read(cb));
    ends(cb, EBADF);
    cb = block(p[0], page, 1); /* the data come later */
    CHECK_OK(aio_read(cb));
    t_write_all(p[1], "x", 1);
    ends(cb, 0);
    cb = block(p[0], NULL, 1);
    CHECK_OK(aio_write(cb));
    ends(cb, EBADF);

    cb = block(file, page, 1);
    cb->aio_lio_opcode = LIO_READ;
    cb->aio_sigevent.sigev_notify = SIGEV_NONE;
    sig.sigev_value.sival_int = value;
    CHECK_OK(lio_listio(LIO_NOWAIT, &cb, 1, &sig));
    ends(cb, 0);
    t_no_signal();
    return 0;
}
