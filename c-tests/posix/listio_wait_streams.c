/* lio_listio(LIO_WAIT) waits for blocked stream reads too, on many streams and on one. */
#include "test.h"

enum { COUNT = 40 };
static int p[COUNT / 2][2];

static void *write_all(void *arg)
{
    for (int i = COUNT - 1; i >= 0; i--) {
        usleep(200);
        t_write_all(p[i % (COUNT / 2)][1], "x", 1);
    }
    return arg;
}

int main(void)
{
    struct aiocb cb[COUNT], *list[COUNT];
    char c[COUNT];
    pthread_t writer;
    for (int i = 0; i < COUNT / 2; i++)
        t_pipe(p[i]);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], p[i % (COUNT / 2)][0], &c[i], 1, 0);
        cb[i].aio_lio_opcode = LIO_READ;
        list[i] = &cb[i];
    }
    CHECK_EQ(pthread_create(&writer, NULL, write_all, NULL), 0);
    CHECK_OK(lio_listio(LIO_WAIT, list, COUNT, NULL));
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQ(aio_error(&cb[i]), 0);
        CHECK_EQ(aio_return(&cb[i]), 1);
        CHECK_EQ(c[i], 'x');
    }
    CHECK_EQ(pthread_join(writer, NULL), 0);
    return 0;
}
