/* A C program built with what pkg-config says: writes and reads back by POSIX AIO, and prints the version. */
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <uaio.h>

static ssize_t finish(struct aiocb *block)
{
    const struct aiocb *list[1];

    list[0] = block;
    while (aio_error(block) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    return aio_return(block);
}

int main(void)
{
    char text[] = "installed", got[sizeof text] = "";
    struct aiocb block;

    memset(&block, 0, sizeof block);
    block.aio_fildes = memfd_create("installed", 0);
    block.aio_nbytes = sizeof text;
    block.aio_buf = text;
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    if (aio_write(&block) != 0 || finish(&block) != (ssize_t)sizeof text)
        return 1;
    block.aio_buf = got;
    if (aio_read(&block) != 0 || finish(&block) != (ssize_t)sizeof text || strcmp(got, text) != 0)
        return 2;
    printf("%s\n", uaio_version());
    return 0;
}
