/* Of many reads blocked on sockets with SO_RCVTIMEO each ends when its own time is over, and none before. */
/* timeout: 10 */
#include "test.h"
#include <sys/time.h>

enum { SOCKETS = 40, STEP_US = 10000 };

int main(void)
{
    static struct aiocb cb[SOCKETS];
    static char got[SOCKETS][16];
    int s[SOCKETS][2];
    double began[SOCKETS];
    for (int i = 0; i < SOCKETS; i++) {
        /* The longest first; the last one waits for ever. */
        struct timeval time = { 0, i + 1 < SOCKETS ? (SOCKETS - i) * STEP_US : 0 };
        CHECK_EQ(socketpair(AF_UNIX, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0, s[i]), 0);
        CHECK_EQ(setsockopt(s[i][0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0);
        t_block(&cb[i], s[i][0], got[i], sizeof got[i], 0);
        began[i] = t_now();
        CHECK_OK(aio_read(&cb[i]));
    }
    t_write_all(s[0][1], "in time", 7);
    CHECK_EQ(t_finish(&cb[0]), 7);
    for (int i = SOCKETS - 2; i > 0; i--) {
        CHECK_EQ(t_wait(&cb[i]), EAGAIN);
        CHECK_EQ(aio_return(&cb[i]), -1);
        /* The kernel counts in ticks. */
        CHECK(t_now() - began[i] > (SOCKETS - i) * STEP_US / 1e6 - 0.005);
    }
    CHECK_EQ(aio_error(&cb[SOCKETS - 1]), EINPROGRESS);
    t_write_all(s[SOCKETS - 1][1], "late", 4);
    CHECK_EQ(t_finish(&cb[SOCKETS - 1]), 4);
    return 0;
}
