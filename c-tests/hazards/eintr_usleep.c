/* Completions never interrupt the application's usleep, nanosleep and clock_nanosleep. */
#include "eintr.h"

static int sleeps(void)
{
    struct timespec ts = { 0, 500000 };
    if (usleep(500) != 0 || nanosleep(&ts, NULL) != 0)
        return -1;
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
    return errno != 0 ? -1 : 0;
}

int main(void)
{
    EINTR_TEST(250, sleeps());
    return 0;
}
