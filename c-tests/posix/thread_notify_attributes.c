/* SIGEV_THREAD with attributes: these are obeyed, the stack's size and place and the guard. */
/* not under: tsan: makes stacks larger */
#include "test.h"

static char *stack;
static size_t size, guard;
static sem_t called;

static void notified(union sigval value)
{
    pthread_attr_t attr;
    void *address;
    size_t got;
    CHECK_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
    CHECK_EQ(pthread_attr_getstack(&attr, &address, &got), 0);
    if (value.sival_int) {
        CHECK((char *)&value > stack && (char *)&value < stack + size);
    } else {
        CHECK(got >= size && got < size + 65536);
        CHECK_EQ(pthread_attr_getguardsize(&attr, &got), 0);
        CHECK_EQ(got, guard);
    }
    pthread_attr_destroy(&attr);
    sem_post(&called);
}

int main(void)
{
    char c;
    struct aiocb cb;
    pthread_attr_t attr;
    sem_init(&called, 0, 0);
    t_block(&cb, t_filled(0, 1, 1), &c, 1, 0);
    t_sigev_thread(&cb, notified, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    cb.aio_sigevent.sigev_notify_attributes = &attr;
    for (size = 1 << 19; size <= 1 << 24; size *= 4) {
        guard = size / 128;
        CHECK_EQ(pthread_attr_setstacksize(&attr, size), 0);
        CHECK_EQ(pthread_attr_setguardsize(&attr, guard), 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(sem_wait(&called), 0);
    }
    size = 1 << 20;
    stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_EQ(pthread_attr_setstack(&attr, stack, size), 0);
    cb.aio_sigevent.sigev_value.sival_int = 1;
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(sem_wait(&called), 0);
    return 0;
}
