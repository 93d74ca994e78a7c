/* Row 19: nanoseconds of aio_error on a finished block, and what close costs above its system call. */
#include "bench.h"
#include <sys/syscall.h>

enum { ERROR_CALLS = 1000000, DESCRIPTORS = 500, BATCHES = 41 };

/* One result per batch; the medians are what is printed: a batch that was interrupted says nothing. */
static double error_ns[BATCHES], close_ns[BATCHES], raw_ns[BATCHES];

static double time_of_error(const struct aiocb *finished) {
    int sum = 0;
    uint64_t start = now_ns();
    for (int i = 0; i < ERROR_CALLS / BATCHES; i++)
        sum += aio_error(finished);
    double took = (double)(now_ns() - start);
    CHECK(sum == 0);
    return took / (ERROR_CALLS / BATCHES);
}

static int close_raw(int fd) { return (int)syscall(SYS_close, fd); }

static double time_of_close(int fd, int (*close_call)(int)) {
    int copies[DESCRIPTORS];
    for (int i = 0; i < DESCRIPTORS; i++)
        CHECK((copies[i] = dup(fd)) >= 0);
    uint64_t start = now_ns();
    for (int i = 0; i < DESCRIPTORS; i++)
        close_call(copies[i]);
    return (double)(now_ns() - start) / DESCRIPTORS;
}

int main(int argc, char **argv) {
    expect_arguments(argc, 1, "calls FILE");
    int fd = open_file(argv[1], O_RDONLY);
    /* One request first: without any, a library has nothing to look at in close. */
    struct aiocb request = {.aio_fildes = fd, .aio_buf = block_buffers(1), .aio_nbytes = BLOCK};
    const struct aiocb *list[1] = {&request};
    CHECK(aio_read(&request) == 0);
    while (aio_error(&request) == EINPROGRESS)
        CHECK(aio_suspend(list, 1, NULL) == 0 || errno == EINTR);
    CHECK(aio_error(&request) == 0);

    /* Not the descriptor of the request itself: what is closed has never seen any. */
    int other = open_file("/dev/null", O_RDONLY);
    for (int i = 0; i < BATCHES; i++) {
        error_ns[i] = time_of_error(&request);
        close_ns[i] = time_of_close(other, close);
        raw_ns[i] = time_of_close(other, close_raw);
    }
    CHECK(aio_return(&request) == BLOCK);
    double own = quantile(close_ns, BATCHES, 0.5), raw = quantile(raw_ns, BATCHES, 0.5);
    printf("{\"aio_error_ns\": %.2f, \"close_extra_ns\": %.2f, \"close_ns\": %.2f}\n",
           quantile(error_ns, BATCHES, 0.5), own - raw, own);
    return 0;
}
