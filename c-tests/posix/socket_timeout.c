/* SO_RCVTIMEO and SO_SNDTIMEO count: the request ends with EAGAIN when the time is over. */
/* timeout: 5 */
#include "test.h"
#include <sys/time.h>

int main(void)
{
    static char buf[4 << 20];
    int s[2];
    struct aiocb cb;
    struct timeval soon = { 0, 50000 };
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon), 0);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon), 0);
    t_block(&cb, s[0], buf, 10, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EAGAIN);
    CHECK_EQ(aio_return(&cb), -1);
    while (send(s[0], buf, sizeof buf, MSG_DONTWAIT) > 0)
        ;
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), EAGAIN);
    CHECK_EQ(aio_return(&cb), -1);
    return 0;
}
