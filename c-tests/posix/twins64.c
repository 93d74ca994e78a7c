/* Each call with suffix 64 does what the one without does. */
#include "test.h"

int main(void)
{
    int p[2];
    char want[100], got[100];
    struct aiocb64 cb;
    struct aiocb64 *list[] = { &cb };
    const struct aiocb64 *waited[] = { &cb };
    int fd = t_file(0);
    t_pipe(p);
    t_fill(want, sizeof want, 9);
    t_block((struct aiocb *)&cb, fd, want, sizeof want, 50);
    CHECK_OK(aio_write64(&cb));
    CHECK_OK(aio_suspend64(waited, 1, NULL));
    CHECK_EQ(aio_error64(&cb), 0);
    CHECK_EQ(aio_return64(&cb), sizeof want);
    cb.aio_buf = got;
    CHECK_OK(aio_read64(&cb));
    CHECK_OK(aio_suspend64(waited, 1, NULL));
    CHECK_EQ(aio_return64(&cb), sizeof got);
    CHECK(memcmp(got, want, sizeof got) == 0);
    CHECK_OK(aio_fsync64(O_DSYNC, &cb));
    CHECK_OK(aio_suspend64(waited, 1, NULL));
    CHECK_EQ(aio_return64(&cb), 0);
    cb.aio_lio_opcode = LIO_READ;
    CHECK_OK(lio_listio64(LIO_WAIT, list, 1, NULL));
    CHECK_EQ(aio_error64(&cb), 0);
    CHECK_EQ(aio_return64(&cb), sizeof got);
    CHECK_EQ(aio_cancel64(fd, &cb), AIO_ALLDONE);
    CHECK_EQ(aio_cancel64(fd, NULL), AIO_ALLDONE);
    return 0;
}
