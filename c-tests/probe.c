/* Tells whether this machine has what the engine named by the argument needs: 0 yes, 77 no. */
#include "test.h"
#include <linux/aio_abi.h>
#include <linux/io_uring.h>

int main(int argc, char **argv)
{
    const char *engine = argc > 1 ? argv[1] : "";
    if (!strcmp(engine, "uring")) {
        struct io_uring_params params = { 0 };
        int fd = (int)syscall(SYS_io_uring_setup, 4, &params);
        if (fd < 0)
            SKIP("io_uring_setup: %s", strerror(errno));
        close(fd);
    } else if (!strcmp(engine, "native")) {
        aio_context_t context = 0;
        if (syscall(SYS_io_setup, 1, &context) != 0)
            SKIP("io_setup: %s", strerror(errno));
        syscall(SYS_io_destroy, context);
    }
    return 0;
}
