/* What the file's server has before close completes on the old file and is handed out; the rest is cancelled at once. */
/* timeout: 60 */
#include "solaris.h"
#include "../hazards/slow.h"

enum { N = 1500, SIZE = 512 };

static aio_result_t r[N];
static _Atomic bool closed;

/* Lets the server answer once close has ended what it can: it waits for the others. */
static void *release(void *arg)
{
    while (s_seen(&r[N - 1]) == AIO_INPROGRESS)
        sched_yield();
    CHECK(!atomic_load(&closed));
    s_hold(0);
    return arg;
}

int main(void)
{
    static char buf[N][SIZE];
    pthread_t thread;
    int done = 0, cancelled = 0;
    s_mount();
    int fd = s_open(0);
    s_hold(S_SIZE);
    for (int i = 0; i < N; i++) {
        memset(buf[i], 'w', SIZE);
        s_polled(&r[i]);
        CHECK_OK(aiowrite(fd, buf[i], SIZE, i * SIZE, SEEK_SET, &r[i]));
    }
    s_arrived(&slow->writes, 4);
    CHECK_EQ(pthread_create(&thread, NULL, release, NULL), 0);
    CHECK_EQ(close(fd), 0);
    atomic_store(&closed, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    for (aio_result_t *got; (got = aiowait(NULL)) != S_FAILED; done++)
        CHECK_RESULT(got, SIZE, 0);
    CHECK_EQ(errno, EINVAL);
    for (int i = 0; i < N; i++) {
        bool there = memcmp(slow->data + i * SIZE, buf[i], SIZE) == 0;
        if (s_seen(&r[i]) == SIZE) {
            CHECK(there);
        } else {
            CHECK_RESULT(&r[i], -1, ECANCELED);
            CHECK(!there);
            cancelled++;
        }
    }
    CHECK(done >= 4 && cancelled > 0);
    CHECK_EQ(done + cancelled, N);
    printf("%d done, %d cancelled\n", done, cancelled);
    s_unmount();
    return 0;
}
