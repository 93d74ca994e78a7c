/* With a full signal queue every signal still arrives, and every result is untouched. */
/* glibc: fails: signals are lost and good results become EAGAIN */
#include "test.h"
#include <sched.h>

int main(void)
{
    enum { COUNT = 300 };
    static char c[COUNT];
    static struct aiocb cb[COUNT];
    bool seen[COUNT] = { false };
    struct rlimit limit = { 2, 2 };
    t_block_signals();
    int fd = t_filled(0, COUNT, 1);
    /* The limit counts the signals of a user's processes; in a namespace of our own only ours. */
    if (unshare(CLONE_NEWUSER) != 0)
        limit = (struct rlimit){ 20, 20 };
    CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
    for (int i = 0; i < COUNT; i++) {
        t_block(&cb[i], fd, &c[i], 1, i);
        t_sigev_signal(&cb[i], SIGRTMIN, i);
        CHECK_OK(aio_read(&cb[i]));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(t_wait(&cb[i]), 0);
    for (int i = 0; i < COUNT; i++) {
        int which = t_take_signal(SIGRTMIN).si_value.sival_int;
        CHECK(which >= 0 && which < COUNT && !seen[which]);
        seen[which] = true;
        CHECK_EQ(aio_error(&cb[which]), 0);
        CHECK_EQ(aio_return(&cb[which]), 1);
    }
    t_no_signal();
    return 0;
}
