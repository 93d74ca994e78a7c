/* Row 21, the peer: the same requests by liburing. */
#include "sparse.h"
#include <liburing.h>

static struct io_uring ring;

static void start(void) {
    if (io_uring_queue_init(1, &ring, 0) != 0)
        SKIP("io_uring is refused here");
}

static void carry_out(const struct request *wanted) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    CHECK(entry != NULL);
    if (wanted->write)
        io_uring_prep_write(entry, wanted->fd, wanted->buffer, BLOCK, (uint64_t)wanted->offset);
    else
        io_uring_prep_read(entry, wanted->fd, wanted->buffer, BLOCK, (uint64_t)wanted->offset);
    CHECK(io_uring_submit_and_wait(&ring, 1) == 1);
    struct io_uring_cqe *event;
    CHECK(io_uring_wait_cqe(&ring, &event) == 0);
    CHECK(event->res == BLOCK);
    io_uring_cqe_seen(&ring, event);
}
