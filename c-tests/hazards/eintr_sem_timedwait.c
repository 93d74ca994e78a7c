/* Completions never interrupt the application's sem_timedwait. */
#include "eintr.h"

static sem_t sem;

static int timed(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += 1000000;
    if (ts.tv_nsec >= 1000000000)
        ts.tv_sec++, ts.tv_nsec -= 1000000000;
    return sem_timedwait(&sem, &ts);
}

int main(void)
{
    CHECK_EQ(sem_init(&sem, 0, 0), 0);
    EINTR_TEST(400, timed());
    return 0;
}
