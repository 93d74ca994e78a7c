/* Completions never interrupt the application's accept. */
#include "eintr.h"
#include <sys/un.h>

static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static atomic_bool stop;

static void *dial(void *unused)
{
    while (!atomic_load(&stop)) {
        usleep(1000);
        int s = socket(AF_UNIX, SOCK_STREAM, 0);
        CHECK(connect(s, (struct sockaddr *)&addr, sizeof addr) == 0 || atomic_load(&stop));
        close(s);
    }
    return unused;
}

static int take(int listener)
{
    int s = accept(listener, NULL, NULL);
    if (s >= 0)
        close(s);
    return s;
}

int main(void)
{
    pthread_t thread;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(addr.sun_path, "accept.sock");
    CHECK_EQ(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
    CHECK_EQ(listen(listener, 64), 0);
    CHECK_EQ(pthread_create(&thread, NULL, dial, NULL), 0);
    EINTR_TEST(400, take(listener));
    atomic_store(&stop, true);
    /* Nobody accepts any more: once the queue is full, the other would wait for ever. */
    close(listener);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return 0;
}
