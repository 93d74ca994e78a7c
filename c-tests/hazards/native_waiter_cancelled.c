/* Threads are cancelled in their waits for direct requests; others that wait for the same ones go on. */
#include "test.h"

enum { MANY = 64 };
static struct aiocb cb[MANY];

static void *waiter(void *unused)
{
    for (;;) {
        const struct aiocb *list[1] = { NULL };
        for (int i = 0; i < MANY && list[0] == NULL; i++)
            if (aio_error(&cb[i]) == EINPROGRESS)
                list[0] = &cb[i];
        if (list[0] == NULL)
            return unused;
        aio_suspend(list, 1, NULL);
    }
}

int main(void)
{
    unsigned char *buf = t_pages(MANY * 4096, 0);
    int fd = t_data(MANY * 4096, O_DIRECT);
    for (long turn = 0; turn < t_scale(200); turn++) {
        pthread_t doomed, patient;
        void *how;
        for (int i = 0; i < MANY; i++) {
            t_block(&cb[i], fd, buf + i * 4096, 4096, i * 4096);
            CHECK_EQ(aio_read(&cb[i]), 0);
        }
        CHECK_EQ(pthread_create(&doomed, NULL, waiter, NULL), 0);
        CHECK_EQ(pthread_create(&patient, NULL, waiter, NULL), 0);
        CHECK_EQ(pthread_cancel(doomed), 0);
        CHECK_EQ(pthread_join(doomed, &how), 0);
        CHECK_EQ(pthread_join(patient, &how), 0);
        CHECK(how == NULL);
        for (int i = 0; i < MANY; i++) {
            CHECK_EQ(aio_error(&cb[i]), 0);
            CHECK_EQ(aio_return(&cb[i]), 4096);
        }
    }
    return 0;
}
