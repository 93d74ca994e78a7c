/* Writes accepted before main returns, their blocks on main's stack, are in the file afterwards. */
/* glibc: fails: they are lost */
#include "exit.h"

int main(int argc, char **argv)
{
    if (argc > 1) {
        struct aiocb cb[X_WRITES], never;
        int ends[2];
        char c;
        t_pipe(ends);
        t_read_blocked(&never, ends[0], &c, 1); /* what can never end does not hold up the exit */
        exit_submit(cb, exit_file(argv), 0);
        return 0;
    }
    for (long n = t_scale(10); n > 0; n--) {
        exit_check("return", 0, 1);
        exit_check("return", O_APPEND, 1);
    }
    if (open("exit.direct", O_RDWR | O_CREAT | O_DIRECT, 0600) >= 0)
        exit_check("return", O_DIRECT, 1);
    return 0;
}
