// Reads the first bytes of a file in the background while the main thread goes on.
#include <aio.h>
#include <fcntl.h>
#include <uaio.h>

#include <cerrno>
#include <cstring>
#include <iostream>

int main(int, char **argv)
{
    char got[4] = {};
    aiocb block;
    std::memset(&block, 0, sizeof block);
    block.aio_fildes = open(argv[0], O_RDONLY);
    block.aio_buf = got;
    block.aio_nbytes = sizeof got;
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    if (aio_read(&block) != 0)
        return 1;
    const aiocb *list[] = {&block};
    while (aio_error(&block) == EINPROGRESS)
        aio_suspend(list, 1, nullptr);
    if (aio_return(&block) != sizeof got || std::memcmp(got, "\177ELF", sizeof got) != 0)
        return 2;
    std::cout << uaio_version() << std::endl;
    return 0;
}
