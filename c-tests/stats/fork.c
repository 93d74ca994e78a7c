/* A child counts its own requests only, and its parent goes on with its own. */
#include "../test.h"
#include <sys/wait.h>
#include <uaio.h>

static unsigned long reads(void) {
    uaio_stats_t s = {.size = sizeof s};
    CHECK_OK(uaio_stats(&s));
    unsigned long sum = 0;
    for (int route = 0; route < UAIO_ROUTES; route++)
        sum += s.cells[route][UAIO_OPERATION_READ].requests;
    return sum;
}

static void read_zero(void) {
    char byte;
    int fd = open("/dev/zero", O_RDONLY);
    struct aiocb cb = {.aio_fildes = fd, .aio_buf = &byte, .aio_nbytes = 1};
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 1);
    close(fd);
}

int main(void) {
    CHECK_EQ(reads(), 0);
    read_zero();
    CHECK_EQ(reads(), 1);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK_EQ(reads(), 0);
        read_zero();
        read_zero();
        CHECK_EQ(reads(), 2);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    read_zero();
    CHECK_EQ(reads(), 2);
    return 0;
}
