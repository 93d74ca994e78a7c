/* The signal that UAIO_STATS_SIGNAL names has the statistics written, in the midst of requests, and errno is kept. */
#include "../test.h"
#include <uaio.h>

static void content(const char *path, char *text, size_t room) {
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    ssize_t n = read(fd, text, room - 1);
    CHECK(n > 0);
    text[n] = 0;
    close(fd);
}

int main(void) {
    char text[8192], path[64], byte;
    snprintf(path, sizeof path, "stats-%d", (int)getpid());
    CHECK(setenv("UAIO_STATS", "stats-%p", 1) == 0 && setenv("UAIO_STATS_SIGNAL", "USR2", 1) == 0);
    int pipe_fds[2];
    CHECK(pipe(pipe_fds) == 0);
    struct aiocb cb = {.aio_fildes = pipe_fds[0], .aio_buf = &byte, .aio_nbytes = 1};
    CHECK_OK(aio_read(&cb));

    errno = 4711;
    CHECK(raise(SIGUSR2) == 0);
    CHECK_EQ(errno, 4711);
    content(path, text, sizeof text);
    CHECK(strstr(text, "\"outstanding\":{\"now\":1,") != NULL);
    CHECK(strstr(text, "\"stream\":0,") != NULL);
    CHECK(text[strlen(text) - 1] == '\n');

    CHECK(write(pipe_fds[1], "x", 1) == 1);
    t_wait(&cb);
    CHECK(raise(SIGUSR2) == 0);
    content(path, text, sizeof text);
    CHECK(strstr(text, "\"stream\":1,") != NULL);
    CHECK(strstr(text, "\"operation\":\"read\",\"count\":1,\"bytes\":1,") != NULL);
    CHECK(unlink(path) == 0);
    _exit(0); /* no other report */
}
