/* lio_listio(LIO_NOWAIT) with SIGEV_THREAD: one call, after the last, with all statuses final. */
#include "test.h"

enum { COUNT = 100 };
static struct aiocb cb[COUNT];
static sem_t called;
static atomic_int calls;

static void notified(union sigval value)
{
    CHECK_EQ(value.sival_int, 123);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(aio_error(&cb[i]), 0);
    calls++;
    sem_post(&called);
}

int main(void)
{
    static char buf[COUNT][4096];
    struct aiocb *list[COUNT];
    struct sigevent sig = { .sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 123 };
    sig.sigev_notify_function = notified;
    int fd = t_filled(0, sizeof buf, 1);
    sem_init(&called, 0, 0);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++) {
            t_block(&cb[i], fd, buf[i], sizeof buf[i], i * 4096);
            cb[i].aio_lio_opcode = i % 2 ? LIO_READ : LIO_WRITE;
            list[i] = &cb[i];
        }
        CHECK_OK(lio_listio(LIO_NOWAIT, list, COUNT, &sig));
        CHECK_EQ(sem_wait(&called), 0);
    }
    usleep(20000);
    CHECK_EQ(calls, 20);
    return 0;
}
