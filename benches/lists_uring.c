/* Row 12, the peer: liburing submits the same 32 random direct reads at once and waits for all. */
#include "bench.h"
#include <liburing.h>

enum { LIST = 32 };

int main(int argc, char **argv) {
    expect_arguments(argc, 2, "lists_uring FILE SECONDS");
    int fd = open_file(argv[1], O_RDONLY | O_DIRECT);
    uint64_t blocks = blocks_of(fd);
    char *buffers = block_buffers(LIST);
    struct io_uring ring;
    if (io_uring_queue_init(LIST, &ring, 0) != 0)
        SKIP("io_uring is refused here");
    uint64_t done = 0, start = now_ns(), end = deadline_ns(argv[2]);
    double cpu = cpu_us();

    while (now_ns() < end) {
        for (int i = 0; i < LIST; i++) {
            struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
            CHECK(entry != NULL);
            io_uring_prep_read(entry, fd, buffers + i * BLOCK, BLOCK, (uint64_t)random_offset(blocks));
        }
        CHECK(io_uring_submit_and_wait(&ring, LIST) == LIST);
        for (int i = 0; i < LIST; i++) {
            struct io_uring_cqe *event;
            CHECK(io_uring_wait_cqe(&ring, &event) == 0);
            CHECK(event->res == BLOCK);
            io_uring_cqe_seen(&ring, event);
        }
        done += LIST;
    }
    print_rate(done, start, cpu);
    return 0;
}
