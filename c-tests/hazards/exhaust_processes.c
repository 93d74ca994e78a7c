/* RLIMIT_NPROC leaves no thread to be made: every call ends in success or EAGAIN. */
#include "exhaust.h"

static void *nothing(void *unused)
{
    return unused;
}

static void limit_processes(long count)
{
    struct rlimit limit = { (rlim_t)count, (rlim_t)count };
    pthread_t thread;
    CHECK_EQ(setrlimit(RLIMIT_NPROC, &limit), 0);
    /* a user of its own, whom nobody else counts against */
    if (getuid() == 0 && setuid((uid_t)(1000000 + getpid())) != 0)
        SKIP("cannot give up the privilege");
    if (count == 1 && pthread_create(&thread, NULL, nothing, NULL) == 0)
        SKIP("RLIMIT_NPROC is not enforced here");
}

int main(void)
{
    for (long count = 1; count <= 4; count++) {
        x_child("threads allowed", limit_processes, count, false, false);
        x_child("threads allowed", limit_processes, count, true, false);
    }
    return 0;
}
