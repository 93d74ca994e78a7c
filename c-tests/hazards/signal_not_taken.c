/* A process-directed signal that the program's threads block is never taken by a thread of ours: it stays for sigwait. */
#include "every.h"

static pthread_t main_thread;

static void on_signal(int sig)
{
    CHECK(pthread_equal(pthread_self(), main_thread));
    FAIL("signal %d was delivered although it is blocked", sig);
}

int main(void)
{
    int numbers[] = { SIGUSR1, SIGTERM, SIGCHLD, SIGALRM, SIGRTMIN, SIGRTMAX, SIGIO, SIGHUP };
    sigset_t set;
    main_thread = pthread_self();
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        t_handle(numbers[i], on_signal, 0);
        sigaddset(&set, numbers[i]);
    }
    struct every e = every_open();
    struct aiocb pending[2];
    char c[2];
    every_once(&e); /* threads exist and were made while nothing was blocked */
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    for (long n = t_scale(100); n > 0; n--) {
        t_read_blocked(&pending[0], e.pipe[0], &c[0], 1);
        t_read_blocked(&pending[1], e.socket[0], &c[1], 1);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            sigset_t now;
            CHECK_EQ(kill(getpid(), numbers[i]), 0);
            CHECK_EQ(sigpending(&now), 0);
            CHECK(sigismember(&now, numbers[i]));
            t_take_signal(numbers[i]);
        }
        CHECK_EQ(write(e.pipe[1], "x", 1), 1);
        CHECK_EQ(write(e.socket[1], "x", 1), 1);
        CHECK_EQ(t_finish(&pending[0]), 1);
        CHECK_EQ(t_finish(&pending[1]), 1);
    }
    return 0;
}
