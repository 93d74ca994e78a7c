/* Once exit has begun, nothing is written to, nor signalled for, blocks in dead stack frames; the data still arrives. */
/* glibc: fails: the data does not arrive */
#include "slow.h"
#include <alloca.h>

enum { WRITES = 50, SIZE = 4096 };

static int begun[2];
static struct aiocb *dead;

/* What the frames below the exiting thread look like at the very end: run by stdio's own clean-up, after all else. */
static ssize_t at_the_end(void *cookie, const char *bytes, size_t n)
{
    sigset_t set;
    struct timespec none = { 0, 0 };
    (void)cookie, (void)bytes;
    for (int i = 0; i < WRITES; i++)
        if (((volatile struct aiocb *)dead)[i].__error_code != EINPROGRESS)
            FAIL("block %d was written to after exit had begun", i);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    if (sigtimedwait(&set, NULL, &none) >= 0)
        FAIL("a signal was sent after exit had begun");
    return (ssize_t)n;
}

static void exit_begins(void)
{
    CHECK_EQ(write(begun[1], "b", 1), 1);
}

/* Its blocks lie far below main's frame, where nothing that exit calls has its own. */
static __attribute__((noinline)) void submit_in_a_frame(int fd, unsigned char *buf)
{
    struct aiocb *cb = alloca(WRITES * sizeof *cb + (1 << 20));
    for (int i = 0; i < WRITES; i++) {
        t_block(&cb[i], fd, buf + i * SIZE, SIZE, i * SIZE);
        t_sigev_signal(&cb[i], SIGRTMIN, i);
        CHECK_EQ(aio_write(&cb[i]), 0);
    }
    __asm__ volatile("" : "+r"(cb));
    dead = cb;
}

static _Noreturn void child(void)
{
    unsigned char *buf = t_pages(WRITES * SIZE, 0);
    FILE *last = fopencookie(NULL, "w", (cookie_io_functions_t) { .write = at_the_end });
    CHECK(last != NULL);
    t_block_signals();
    t_pattern(buf, WRITES * SIZE, 0, 42);
    submit_in_a_frame(s_open(0), buf);
    fputs("flush me", last);
    CHECK_EQ(atexit(exit_begins), 0);
    exit(0);
}

int main(void)
{
    s_mount();
    s_hold(S_SIZE);
    memset(slow->data, 0, S_SIZE);
    t_pipe(begun);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child();
    close(begun[1]);
    char c;
    CHECK_EQ(read(begun[0], &c, 1), 1);
    usleep(200000); /* to be well inside exit; a library that needs longer is only not tested */
    s_hold(0);
    t_child_ok(pid);
    CHECK(t_same(slow->data, WRITES * SIZE, 0, 42));
    s_unmount();
    return 0;
}
