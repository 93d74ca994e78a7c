/* Completions never interrupt the application's sigtimedwait. */
#include "eintr.h"

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    struct timespec ts = { 0, 1000000 };
    EINTR_TEST(400, sigtimedwait(&set, NULL, &ts));
    return 0;
}
