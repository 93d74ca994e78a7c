/* Row 18: reads that wait on pipes: what each costs in memory, and what aio_cancel(fd, NULL) costs. */
#include "bench.h"

/* FEW and MANY differ in what is outstanding, SHORT and LONG in what is cancelled. */
enum { FEW = 100, MANY = 10000, SHORT = 100, LONG = 1000, SAMPLES = 20 };

struct reader {
    int fd;
    struct aiocb request;
    char byte;
};

/* A field of a file of /proc, in bytes. */
static double kilobytes(const char *path, const char *field) {
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    char line[256];
    double value = 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            value = atof(line + strlen(field)) * 1024;
    fclose(file);
    return value;
}

/* The process's memory and what the kernel cannot reclaim: requests waiting in a ring are the
 * kernel's, and only the whole machine's sum shows them, with the noise of the rest of it. */
static double memory_bytes(void) {
    return kilobytes("/proc/self/status", "VmRSS:") + kilobytes("/proc/self/status", "VmPTE:") +
           kilobytes("/proc/meminfo", "SUnreclaim:") + kilobytes("/proc/meminfo", "KernelStack:");
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = MANY + 1000;
    if (limit.rlim_max < limit.rlim_cur)
        SKIP("the limit of open files is too low for 10 000 pipes (ulimit -Hn 11000)");
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* A pipe that is its own writer, so that each takes one descriptor of a limited number. */
static int open_pipe(void) {
    int ends[2];
    char path[64];
    CHECK(pipe(ends) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    int both = open_file(path, O_RDWR);
    close(ends[0]);
    close(ends[1]);
    return both;
}

static void submit(int fd, struct aiocb *request, char *byte) {
    *request = (struct aiocb){.aio_fildes = fd, .aio_buf = byte, .aio_nbytes = 1};
    CHECK(aio_read(request) == 0);
}

static void expect_cancelled(struct aiocb *request) {
    CHECK(aio_error(request) == ECANCELED && aio_return(request) == -1);
}

/* The time of aio_cancel(fd, NULL), in µs. */
static double cancel(int fd) {
    uint64_t start = now_ns();
    CHECK(aio_cancel(fd, NULL) == AIO_CANCELED);
    return (double)(now_ns() - start) / 1e3;
}

/* The median over some pipes with one request each; each is submitted again. */
static double cancel_one(struct reader *readers) {
    double times[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        struct reader *reader = &readers[i];
        times[i] = cancel(reader->fd);
        expect_cancelled(&reader->request);
        submit(reader->fd, &reader->request, &reader->byte);
    }
    return quantile(times, SAMPLES, 0.5);
}

/* The median for `count` requests on one pipe, per request. */
static double cancel_queue(int count) {
    double times[SAMPLES];
    struct aiocb *requests = calloc((size_t)count, sizeof *requests);
    CHECK(requests != NULL);
    int fd = open_pipe();
    char byte;
    for (int i = 0; i < SAMPLES; i++) {
        for (int k = 0; k < count; k++)
            submit(fd, &requests[k], &byte);
        times[i] = cancel(fd);
        for (int k = 0; k < count; k++)
            expect_cancelled(&requests[k]);
    }
    close(fd);
    free(requests);
    return quantile(times, SAMPLES, 0.5) / count;
}

int main(int argc, char **argv) {
    (void)argv;
    expect_arguments(argc, 0, "outstanding");
    raise_descriptor_limit();
    struct reader *readers = malloc(MANY * sizeof *readers);
    CHECK(readers != NULL);
    memset(readers, 0, MANY * sizeof *readers); /* touched: it is the program's memory, not the library's */
    for (int i = 0; i < MANY; i++)
        readers[i].fd = open_pipe();

    for (int i = 0; i < FEW; i++)
        submit(readers[i].fd, &readers[i].request, &readers[i].byte);
    double of_few = cancel_one(readers);
    double before = memory_bytes();
    for (int i = FEW; i < MANY; i++)
        submit(readers[i].fd, &readers[i].request, &readers[i].byte);
    double bytes = (memory_bytes() - before) / (MANY - FEW);
    double of_many = cancel_one(readers);
    double short_queue = cancel_queue(SHORT), long_queue = cancel_queue(LONG);
    for (int i = 0; i < MANY; i++) {
        cancel(readers[i].fd);
        expect_cancelled(&readers[i].request);
    }

    printf("{\"bytes_per_request\": %.0f, \"cancel_one_us\": %.2f, \"cancel_queue_us\": %.3f, "
           "\"growth_outstanding\": %.3f, \"growth_cancelled\": %.3f}\n",
           bytes, of_many, long_queue, of_many / of_few, long_queue / short_queue);
    return 0;
}
