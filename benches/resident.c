/* Row 20: how much more memory is resident after the first request than before it. */
#include "bench.h"

static double resident_kib(void) {
    /* No stdio: its buffers would be counted. */
    char text[128] = "";
    int fd = open("/proc/self/statm", O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    long size, resident;
    CHECK(sscanf(text, "%ld %ld", &size, &resident) == 2);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* A request that is finished when this returns. */
static void finish(int fd, void *buffer, size_t length) {
    struct aiocb request = {.aio_fildes = fd, .aio_buf = buffer, .aio_nbytes = length};
    const struct aiocb *list[1] = {&request};
    CHECK(aio_read(&request) == 0);
    while (aio_error(&request) == EINPROGRESS)
        CHECK(aio_suspend(list, 1, NULL) == 0 || errno == EINTR);
    CHECK(aio_return(&request) == (ssize_t)length);
}

int main(int argc, char **argv) {
    expect_arguments(argc, 2, "resident FILE file|pipe");
    int fd = open_file(argv[1], O_RDONLY);
    int ends[2];
    char *buffer = block_buffers(1);
    CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    resident_kib(); /* what it touches itself is there from now on */
    double before = resident_kib();
    if (strcmp(argv[2], "file") == 0)
        finish(fd, buffer, BLOCK);
    else
        finish(ends[0], buffer, 1);
    printf("{\"resident_kib\": %.0f}\n", resident_kib() - before);
    return 0;
}
