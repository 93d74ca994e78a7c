/* What the exit_* tests share: the program runs itself again as the one that exits, and looks at the file afterwards. */
#ifndef UAIO_EXIT_H
#define UAIO_EXIT_H

#include "test.h"
#include <sys/prctl.h>

enum { X_WRITES = 64, X_SIZE = 65536, X_PIECE = X_WRITES * X_SIZE };

/* In the program that exits: fills piece `piece` of the file; the blocks are the caller's. */
static inline void exit_submit(struct aiocb *cb, int fd, int piece)
{
    unsigned char *out = t_pages(X_PIECE, 0);
    off_t base = (off_t)piece * X_PIECE;
    t_pattern(out, X_PIECE, base, 3);
    for (int i = 0; i < X_WRITES; i++) {
        t_block(&cb[i], fd, out + i * X_SIZE, X_SIZE, base + i * X_SIZE);
        cb[i].aio_reqprio = i % 4;
        CHECK_EQ(aio_write(&cb[i]), 0);
    }
}

/* Runs this program with the argument, on a new file, and demands all of its pieces. */
static inline void exit_check(const char *how, int flags, int pieces)
{
    unlink("exit.data");
    int fd = open("exit.data", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0);
    pid_t pid = fork();
    if (pid == 0) {
        char number[16];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(number, sizeof number, "%d", flags);
        execl("/proc/self/exe", "exit", how, number, NULL);
        _exit(9);
    }
    t_child_ok(pid);
    unsigned char *back = t_pages(X_SIZE, 0);
    for (int i = 0; i < pieces * X_WRITES; i++) {
        off_t off = (off_t)i * X_SIZE;
        CHECK_EQ(pread(fd, back, X_SIZE, off), X_SIZE);
        if (!t_same(back, X_SIZE, off, 3))
            FAIL("%s, flags %#x: write %d was not done", how, flags, i);
    }
    t_figure(0, (long)pieces * X_WRITES, "writes lost at exit");
    munmap(back, X_SIZE);
    close(fd);
    unlink("exit.data");
}

static inline int exit_file(char **argv)
{
    int fd = open("exit.data", O_RDWR | atoi(argv[2]));
    CHECK(fd >= 0);
    return fd;
}

#endif
