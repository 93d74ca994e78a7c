/* LIO_WAIT from several threads at once, O_DIRECT, blocks on the stack. */
#include "test.h"

static int file;

static void *work(void *arg)
{
    enum { COUNT = 8, SIZE = 8192 };
    off_t base = (intptr_t)arg * COUNT * SIZE;
    char *want = aligned_alloc(4096, COUNT * SIZE), *got = aligned_alloc(4096, COUNT * SIZE);
    for (int round = 0; round < 20; round++) {
        struct aiocb cb[COUNT], *list[COUNT];
        t_fill(want, COUNT * SIZE, base + round);
        for (int opcode = LIO_WRITE; opcode >= LIO_READ; opcode--) {
            for (int i = 0; i < COUNT; i++) {
                t_block(&cb[i], file, (opcode ? want : got) + i * SIZE, SIZE, base + i * SIZE);
                cb[i].aio_lio_opcode = opcode;
                list[i] = &cb[i];
            }
            CHECK_OK(lio_listio(LIO_WAIT, list, COUNT, NULL));
            for (int i = 0; i < COUNT; i++) {
                CHECK_EQ(aio_error(&cb[i]), 0);
                CHECK_EQ(aio_return(&cb[i]), SIZE);
            }
        }
        CHECK(memcmp(want, got, COUNT * SIZE) == 0);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread[6];
    file = t_file(O_DIRECT);
    for (long i = 0; i < 6; i++)
        CHECK_EQ(pthread_create(&thread[i], NULL, work, (void *)i), 0);
    for (int i = 0; i < 6; i++)
        CHECK_EQ(pthread_join(thread[i], NULL), 0);
    return 0;
}
