/* A signal that is ignored or stops and continues the process does not end aiowait. */
#include "solaris.h"

int main(void)
{
    int tell[2], p[2];
    t_pipe(tell);
    t_pipe(p);
    pid_t child = fork();
    if (child == 0) {
        char c;
        aio_result_t r;
        signal(SIGUSR1, SIG_IGN);
        s_blocked(p[0], &c, &r);
        CHECK_EQ(write(tell[1], "r", 1), 1);
        CHECK_PTR(aiowait(NULL), &r);
        _exit(0);
    }
    char c;
    CHECK_EQ(read(tell[0], &c, 1), 1);
    for (int i = 0; i < 20; i++) {
        int status;
        CHECK_EQ(kill(child, SIGUSR1), 0);
        CHECK_EQ(kill(child, SIGSTOP), 0);
        CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
        CHECK(WIFSTOPPED(status));
        CHECK_EQ(kill(child, SIGCONT), 0);
        CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
        CHECK(WIFCONTINUED(status));
    }
    CHECK_EQ(write(p[1], "x", 1), 1);
    t_child_ok(child);
    return 0;
}
