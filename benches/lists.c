/* Row 12: lio_listio(LIO_WAIT) of 32 random direct reads, over and over. */
#include "bench.h"

enum { LIST = 32 };

int main(int argc, char **argv) {
    expect_arguments(argc, 2, "lists FILE SECONDS");
    int fd = open_file(argv[1], O_RDONLY | O_DIRECT);
    uint64_t blocks = blocks_of(fd);
    char *buffers = block_buffers(LIST);
    struct aiocb requests[LIST];
    struct aiocb *list[LIST];
    uint64_t done = 0, start = now_ns(), end = deadline_ns(argv[2]);
    double cpu = cpu_us();

    while (now_ns() < end) {
        for (int i = 0; i < LIST; i++) {
            requests[i] = (struct aiocb){.aio_fildes = fd,
                                         .aio_lio_opcode = LIO_READ,
                                         .aio_buf = buffers + i * BLOCK,
                                         .aio_nbytes = BLOCK,
                                         .aio_offset = random_offset(blocks)};
            list[i] = &requests[i];
        }
        CHECK(lio_listio(LIO_WAIT, list, LIST, NULL) == 0);
        for (int i = 0; i < LIST; i++)
            CHECK(aio_error(&requests[i]) == 0 && aio_return(&requests[i]) == BLOCK);
        done += LIST;
    }
    print_rate(done, start, cpu);
    return 0;
}
