/* A program that handles the signal of UAIO_STATS_SIGNAL, or ignores it, keeps it. */
#include "../test.h"

static volatile sig_atomic_t came;

static void handler(int signal) {
    (void)signal;
    came++;
}

static void request(void) {
    char byte;
    int fd = open("/dev/zero", O_RDONLY);
    struct aiocb cb = {.aio_fildes = fd, .aio_buf = &byte, .aio_nbytes = 1};
    CHECK_OK(aio_read(&cb));
    t_wait(&cb);
    close(fd);
}

int main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = handler}, now;
    if (argc > 1)
        action.sa_handler = SIG_IGN;
    CHECK(setenv("UAIO_STATS_SIGNAL", "SIGUSR2", 1) == 0);
    CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
    request();
    CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == action.sa_handler);
    CHECK(raise(SIGUSR2) == 0);
    CHECK_EQ(came, argc > 1 ? 0 : 1);
    if (argc > 1)
        return 0;
    execl("/proc/self/exe", argv[0], "ignored", (char *)NULL);
    FAIL("exec failed");
}
