/* A read blocked on a socket with SO_RCVTIMEO can be cancelled, and the next one is served. */
/* timeout: 5 */
/* glibc: fails: a blocked read cannot be cancelled */
#include "test.h"
#include <sys/time.h>

int main(void)
{
    int s[2];
    char got[16];
    struct aiocb blocked, next;
    struct timeval late = { 60, 0 };
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &late, sizeof late), 0);
    t_read_blocked(&blocked, s[0], got, sizeof got);
    usleep(50000);
    CHECK_EQ(aio_cancel(s[0], &blocked), AIO_CANCELED);
    CHECK_EQ(aio_error(&blocked), ECANCELED);
    CHECK_EQ(aio_return(&blocked), -1);
    t_read_blocked(&next, s[0], got, sizeof got);
    t_write_all(s[1], "next", 4);
    CHECK_EQ(t_finish(&next), 4);
    return 0;
}
