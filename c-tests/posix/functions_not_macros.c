/* Each name of <aio.h> is a function: it has an address, also with the macro of its name taken away. */
#include "test.h"

#undef aio_cancel
#undef aio_error
#undef aio_fsync
#undef aio_read
#undef aio_return
#undef aio_suspend
#undef aio_write
#undef lio_listio

static int (*volatile reads)(struct aiocb *) = aio_read;
static int (*volatile writes)(struct aiocb *) = aio_write;
static int (*volatile syncs)(int, struct aiocb *) = aio_fsync;
static int (*volatile asks)(const struct aiocb *) = aio_error;
static ssize_t (*volatile returns)(struct aiocb *) = aio_return;
static int (*volatile cancels)(int, struct aiocb *) = aio_cancel;
static int (*volatile suspends)(const struct aiocb *const[], int, const struct timespec *) = aio_suspend;
static int (*volatile lists)(int, struct aiocb *const[], int, struct sigevent *) = lio_listio;

static ssize_t finished(struct aiocb *cb)
{
    const struct aiocb *list[] = { cb };
    while (asks(cb) == EINPROGRESS)
        CHECK_OK(suspends(list, 1, NULL));
    CHECK_EQ(asks(cb), 0);
    return returns(cb);
}

int main(void)
{
    char put = 'p', got = 0;
    struct aiocb cb, *list[] = { &cb };
    int fd = t_file(0);
    t_block(&cb, fd, &put, 1, 0);
    CHECK_OK(writes(&cb));
    CHECK_EQ(finished(&cb), 1);
    CHECK_OK(syncs(O_SYNC, &cb));
    CHECK_EQ(finished(&cb), 0);
    t_block(&cb, fd, &got, 1, 0);
    CHECK_OK(reads(&cb));
    CHECK_EQ(finished(&cb), 1);
    CHECK_EQ(got, put);
    t_block(&cb, fd, &got, 1, 0);
    cb.aio_lio_opcode = LIO_READ;
    CHECK_OK(lists(LIO_WAIT, list, 1, NULL));
    CHECK_EQ(cancels(fd, &cb), AIO_ALLDONE);
    CHECK_EQ(finished(&cb), 1);
    return 0;
}
