/* aio_suspend returns when any one of the listed requests finishes. */
#include "test.h"

static void *write_one(void *arg)
{
    usleep(2000);
    t_write_all(*(int *)arg, "x", 1);
    return NULL;
}

int main(void)
{
    enum { COUNT = 20 };
    int p[COUNT][2];
    char c[COUNT];
    struct aiocb cb[COUNT];
    const struct aiocb *list[COUNT];
    for (int i = 0; i < COUNT; i++) {
        t_pipe(p[i]);
        t_read_blocked(&cb[i], p[i][0], &c[i], 1);
        list[i] = &cb[i];
    }
    for (int i = COUNT - 1; i >= 0; i--) {
        pthread_t writer;
        CHECK_EQ(pthread_create(&writer, NULL, write_one, &p[i][1]), 0);
        CHECK_OK(aio_suspend(list, COUNT, NULL));
        CHECK_EQ(aio_error(&cb[i]), 0);
        for (int k = 0; k < i; k++)
            CHECK_EQ(aio_error(&cb[k]), EINPROGRESS);
        CHECK_EQ(aio_return(&cb[i]), 1);
        list[i] = NULL;
        pthread_join(writer, NULL);
    }
    return 0;
}
