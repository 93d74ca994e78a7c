/* Row 21: aio_read or aio_write at a fixed pace, each waited for with aio_suspend. */
#include "sparse.h"

static void start(void) {}

static void carry_out(const struct request *wanted) {
    struct aiocb request = {.aio_fildes = wanted->fd,
                            .aio_buf = wanted->buffer,
                            .aio_nbytes = BLOCK,
                            .aio_offset = wanted->offset};
    const struct aiocb *list[1] = {&request};
    CHECK((wanted->write ? aio_write(&request) : aio_read(&request)) == 0);
    while (aio_error(&request) == EINPROGRESS)
        CHECK(aio_suspend(list, 1, NULL) == 0 || errno == EINTR);
    CHECK(aio_return(&request) == BLOCK);
}
