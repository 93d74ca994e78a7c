/* SIGSTOP and SIGCONT, which run no handler, never interrupt aio_suspend or LIO_WAIT. */
#include "test.h"

static int ends[2], told[2];

static _Noreturn void waiter(void)
{
    struct aiocb cb, direct, *list[2] = { &cb, NULL };
    const struct aiocb *clist[2] = { NULL, &cb };
    struct timespec bound = { 60, 0 };
    int data = t_data(1 << 16, O_DIRECT);
    unsigned char *page = t_pages(4096, 0);
    char c;
    for (int how = 0; how < 3; how++) {
        t_block(&direct, data, page, 4096, 0);
        CHECK_EQ(aio_read(&direct), 0);
        CHECK_EQ(t_finish(&direct), 4096);
        t_block(&cb, ends[0], &c, 1, 0);
        cb.aio_lio_opcode = LIO_READ;
        if (how < 2)
            CHECK_EQ(aio_read(&cb), 0);
        CHECK_EQ(write(told[1], "w", 1), 1);
        if (how < 2)
            CHECK_EQ(aio_suspend(clist, 2, how == 0 ? NULL : &bound), 0);
        else
            CHECK_EQ(lio_listio(LIO_WAIT, list, 2, NULL), 0);
        CHECK_EQ(t_finish(&cb), 1);
    }
    _exit(0);
}

int main(void)
{
    for (long n = t_scale(3); n > 0; n--) {
        char c;
        int status;
        t_pipe(ends);
        t_pipe(told);
        pid_t pid = fork();
        if (pid == 0)
            waiter();
        for (int how = 0; how < 3; how++) {
            close(how == 0 ? told[1] : -1);
            CHECK_EQ(read(told[0], &c, 1), 1);
            for (int i = 0; i < 20; i++) {
                CHECK_EQ(kill(pid, SIGSTOP), 0);
                CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
                CHECK(WIFSTOPPED(status));
                CHECK_EQ(kill(pid, SIGCONT), 0);
                usleep(500); /* so that it gets back into its wait */
            }
            CHECK_EQ(write(ends[1], "s", 1), 1);
        }
        t_child_ok(pid);
        close(told[0]);
        close(ends[0]);
        close(ends[1]);
    }
    return 0;
}
