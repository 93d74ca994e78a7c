/* aiowait is a cancellation point: a cancelled waiter takes no result with it, and others go on. */
#include "solaris.h"

static void *waiter(void *arg)
{
    (void)arg;
    for (;;)
        if (aiowait(NULL) == S_FAILED)
            pthread_testcancel();
    return NULL;
}

int main(void)
{
    char c;
    int p[2];
    aio_result_t r;
    t_pipe(p);
    for (int i = 0; i < 300; i++) {
        pthread_t thread;
        struct s_waiter w;
        void *how;
        s_blocked(p[0], &c, &r);
        CHECK_EQ(pthread_create(&thread, NULL, waiter, NULL), 0);
        if (i % 3 == 0) {
            CHECK_EQ(pthread_cancel(thread), 0);
            CHECK_EQ(pthread_join(thread, &how), 0);
            CHECK_PTR(how, PTHREAD_CANCELED);
            CHECK_EQ(write(p[1], "x", 1), 1);
            CHECK_PTR(s_take(), &r);
            continue;
        }
        /* it is cancelled as the result comes: whoever does not take it leaves it to the other */
        s_start_waiting(&w, NULL);
        CHECK_EQ(write(p[1], "x", 1), 1);
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &how), 0);
        s_end_waiting(&w);
        CHECK(w.got == &r || (w.got == S_FAILED && w.error == EINVAL));
        CHECK_EQ(s_spin(&r), 1);
        CHECK_IDLE();
    }
    return 0;
}
