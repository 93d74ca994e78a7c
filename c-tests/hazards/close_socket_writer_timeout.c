/* A write under way on a socket with SO_SNDTIMEO, and the socket closed: the file that gets the number gets no byte of it. */
/* timeout: 10 */
#include "test.h"
#include <sys/time.h>

enum { SIZE = 8 << 20 };

int main(void)
{
    static char buf[SIZE];
    struct timeval soon = { 0, 300000 };
    struct aiocb cb;
    struct stat st;
    int s[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon), 0);
    t_block(&cb, s[0], buf, sizeof buf, 0);
    CHECK_OK(aio_write(&cb));
    usleep(50000);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    int file = t_file(0);
    CHECK_EQ(dup2(file, s[0]), s[0]);
    /* With some room the call that is under way writes more, and the rest needs another one. */
    CHECK(read(s[1], buf, 65536) > 0);
    CHECK_EQ(t_wait(&cb), 0);
    ssize_t sent = aio_return(&cb);
    CHECK(sent > 0 && sent < SIZE);
    CHECK_EQ(fstat(file, &st), 0);
    CHECK_EQ(st.st_size, 0);
    return 0;
}
