/* Row 21: one request at a fixed pace; the same for the library and for its peer.
 *
 * A file that includes this has `start`, which gets ready, and `carry_out`, which hands one request over and
 * waits until it is finished.
 */
#include "bench.h"
#include <sys/prctl.h>

struct request {
    int fd;
    bool write;
    void *buffer;
    off_t offset;
};

static void start(void);
static void carry_out(const struct request *request);

/* Each block once and in random order, so that every read is a miss. */
static uint64_t *shuffled(uint64_t count) {
    uint64_t *order = malloc(count * sizeof *order);
    CHECK(order != NULL);
    for (uint64_t i = 0; i < count; i++)
        order[i] = i;
    for (uint64_t i = count - 1; i > 0; i--) {
        uint64_t other = random_number() % (i + 1), held = order[i];
        order[i] = order[other];
        order[other] = held;
    }
    return order;
}

static void sleep_until(uint64_t when_ns) {
    struct timespec when = {(time_t)(when_ns / 1000000000u), (long)(when_ns % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) != 0) {
    }
}

int main(int argc, char **argv) {
    expect_arguments(argc, 4, "sparse FILE read|write INTERVAL_US SECONDS");
    struct request request = {.write = strcmp(argv[2], "write") == 0, .buffer = block_buffers(1)};
    request.fd = open_file(argv[1], request.write ? O_WRONLY : O_RDONLY);
    if (!request.write) {
        CHECK(fsync(request.fd) == 0);
        CHECK(posix_fadvise(request.fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
        CHECK(posix_fadvise(request.fd, 0, 0, POSIX_FADV_RANDOM) == 0);
    }
    uint64_t interval = strtoull(argv[3], NULL, 10) * 1000;
    uint64_t blocks = blocks_of(request.fd);
    uint64_t *order = shuffled(blocks);
    size_t count = (size_t)(atof(argv[4]) * 1e9 / (double)interval);
    count = count < blocks ? count : blocks;
    double *latencies = calloc(count, sizeof *latencies);
    CHECK(latencies != NULL);
    CHECK(prctl(PR_SET_TIMERSLACK, 1UL) == 0);
    start();

    double cpu = cpu_us();
    uint64_t next = now_ns();
    for (size_t i = 0; i < count; i++) {
        /* After a slow request the pace goes on from now: no burst makes up for it. */
        next = next + interval > now_ns() ? next + interval : now_ns();
        sleep_until(next);
        request.offset = (off_t)(order[i] * BLOCK);
        uint64_t begun = now_ns();
        carry_out(&request);
        latencies[i] = (double)(now_ns() - begun) / 1e3;
    }
    cpu = cpu_us() - cpu;
    printf("{\"requests\": %zu, \"latency_us\": %.2f, \"p99_us\": %.2f, \"cpu_us_per_request\": %.3f}\n", count,
           quantile(latencies, count, 0.5), quantile(latencies, count, 0.99), cpu / (double)count);
    return 0;
}
