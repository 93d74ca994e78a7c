/* Writes submitted by an atexit handler, registered before or after the first request, are in the file afterwards. */
/* glibc: fails: they are lost */
#include "exit.h"

static int fd;
static struct aiocb first[X_WRITES], second[X_WRITES];

static void registered_before(void)
{
    exit_submit(first, fd, 1);
}

static void registered_after(void)
{
    exit_submit(second, fd, 2);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        struct aiocb cb[X_WRITES];
        fd = exit_file(argv);
        CHECK_EQ(atexit(registered_before), 0);
        exit_submit(cb, fd, 0);
        CHECK_EQ(atexit(registered_after), 0);
        exit(0);
    }
    for (long n = t_scale(5); n > 0; n--)
        exit_check("atexit", 0, 3);
    return 0;
}
