/* A program as on Solaris, in C89: everything from <sys/asynch.h>. Reads its own source's first two bytes. */
#include <sys/asynch.h>
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char got[2];
    aio_result_t result;
    int fd = open(argv[argc - 1], O_RDONLY);

    result.aio_return = AIO_INPROGRESS;
    if (aioread(fd, got, 2, 0, SEEK_SET, &result) != 0 || aiowait(NULL) != &result)
        return 1;
    if (result.aio_return != 2 || got[0] != '/' || got[1] != '*')
        return 2;
    printf("%s\n", uaio_version());
    return 0;
}
