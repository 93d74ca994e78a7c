/* close stays a cancellation point with a request outstanding, and keeps the number open when it acts. */
#include "test.h"

static int ends[2];
static struct aiocb cb;
static char c;

static void *cancelled(void *unused)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    t_read_blocked(&cb, ends[0], &c, 1);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    close(ends[0]);
    return unused;
}

int main(void)
{
    t_pipe(ends);
    for (long n = t_scale(100); n > 0; n--) {
        pthread_t thread;
        void *result;
        CHECK_EQ(pthread_create(&thread, NULL, cancelled, NULL), 0);
        CHECK_EQ(pthread_join(thread, &result), 0);
        CHECK(result == PTHREAD_CANCELED);
        CHECK(fcntl(ends[0], F_GETFD) >= 0);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        CHECK_EQ(write(ends[1], "c", 1), 1);
        CHECK_EQ(t_finish(&cb), 1);
    }
    return 0;
}
