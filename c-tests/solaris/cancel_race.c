/* Cancelling races completion: exactly one outcome, and aiowait agrees with it. */
#include "solaris.h"

static int p[2];

static void *writer(void *arg)
{
    CHECK_EQ(write(p[1], "x", 1), 1);
    return arg;
}

int main(void)
{
    long cancelled = 0, finished = 0;
    t_pipe(p);
    for (int i = 0; i < 2000; i++) {
        pthread_t thread;
        char c, d;
        aio_result_t r;
        s_blocked(p[0], &c, &r);
        CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
        for (int k = i % 8; k > 0; k--)
            sched_yield();
        if (aiocancel(&r) == 0) {
            CHECK_RESULT(&r, -1, ECANCELED);
            CHECK_IDLE();
            cancelled++;
            CHECK_EQ(pthread_join(thread, NULL), 0);
            CHECK_EQ(read(p[0], &d, 1), 1);
            CHECK_RESULT(&r, -1, ECANCELED);
        } else {
            CHECK(errno == EACCES || errno == EINVAL);
            CHECK_PTR(s_take(), &r);
            CHECK_RESULT(&r, 1, 0);
            finished++;
            CHECK_EQ(pthread_join(thread, NULL), 0);
        }
        CHECK_IDLE();
    }
    printf("%ld cancelled, %ld finished\n", cancelled, finished);
    return 0;
}
