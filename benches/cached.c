/* So many reads of data in memory, one at a time, as in row 5. For callgrind: it looks at no clock. */
#include "bench.h"

int main(int argc, char **argv) {
    expect_arguments(argc, 2, "cached FILE READS");
    int fd = open_file(argv[1], O_RDONLY);
    uint64_t blocks = blocks_of(fd);
    char *buffer = block_buffers(1);
    for (long reads = atol(argv[2]); reads > 0; reads--) {
        struct aiocb request = {.aio_fildes = fd, .aio_buf = buffer, .aio_nbytes = BLOCK};
        request.aio_offset = (off_t)((uint64_t)reads % blocks * BLOCK);
        CHECK(aio_read(&request) == 0);
        const struct aiocb *list[1] = {&request};
        while (aio_error(&request) == EINPROGRESS)
            CHECK(aio_suspend(list, 1, NULL) == 0);
        CHECK(aio_return(&request) == BLOCK);
    }
    return 0;
}
