/* After EINTR from LIO_WAIT nothing of the caller's dead stack frame is touched. */
/* glibc: fails: pointers into the dead frame are left */
/* not under: tsan: its threads need larger stacks */
/* not under: memcheck: writes below the stack pointer itself, to see what others write there */
#include "test.h"

static void handler(int signo)
{
    (void)signo;
}

static void *give_up(void *arg)
{
    struct aiocb *cb = arg, *list[4];
    struct t_pinger pinger;
    for (int i = 0; i < 4; i++)
        list[i] = &cb[i];
    t_start_pinging(&pinger, SIGUSR1);
    CHECK_ERR(lio_listio(LIO_WAIT, list, 4, NULL), EINTR);
    t_stop_pinging(&pinger);
    return NULL;
}

int main(void)
{
    enum { STACK = 1 << 18 };
    int p[2];
    char c[4];
    struct aiocb cb[4];
    t_pipe(p);
    t_handle(SIGUSR1, handler, 0);
    for (int round = 0; round < 20; round++) {
        pthread_attr_t attr;
        pthread_t thread;
        char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        pthread_attr_init(&attr);
        CHECK_EQ(pthread_attr_setstack(&attr, stack, STACK), 0);
        for (int i = 0; i < 4; i++) {
            t_block(&cb[i], p[0], &c[i], 1, 0);
            cb[i].aio_lio_opcode = LIO_READ;
        }
        CHECK_EQ(pthread_create(&thread, &attr, give_up, cb), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        memset(stack, 0x55, STACK);
        t_write_all(p[1], "0123", 4);
        for (int i = 0; i < 4; i++)
            CHECK_EQ(t_finish(&cb[i]), 1);
        for (int i = 0; i < STACK; i++)
            CHECK_EQ(stack[i], 0x55);
        munmap(stack, STACK);
    }
    return 0;
}
