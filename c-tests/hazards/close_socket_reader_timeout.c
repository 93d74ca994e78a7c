/* close with a read blocked on a socket with SO_RCVTIMEO cancels it, and the peer sees the end at once. */
/* timeout: 5 */
/* glibc: fails: the blocked read keeps the socket open */
#include "test.h"
#include <sys/time.h>

int main(void)
{
    struct timeval late = { 60, 0 };
    for (long n = t_scale(100); n > 0; n--) {
        struct aiocb cb;
        int s[2];
        char c;
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
        CHECK_EQ(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &late, sizeof late), 0);
        t_read_blocked(&cb, s[0], &c, 1);
        CHECK_EQ(close(s[0]), 0);
        CHECK_EQ(recv(s[1], &c, 1, 0), 0);
        CHECK_EQ(t_wait(&cb), ECANCELED);
        CHECK_EQ(aio_return(&cb), -1);
        close(s[1]);
    }
    return 0;
}
