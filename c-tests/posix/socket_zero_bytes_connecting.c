/* A write of no bytes to a socket that is still being connected waits for the connection, and holds up nothing else. */
/* timeout: 5 */
#include "test.h"
#include <arpa/inet.h>

enum { BACKLOG_AND_MORE = 10 };

/* A socket whose connection nobody accepts, blocking. */
static int connecting(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(bind(listener, (struct sockaddr *)&address, size), 0);
    CHECK_EQ(listen(listener, 0), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    for (int i = 0; i < BACKLOG_AND_MORE; i++) {
        int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        struct pollfd done = { s, POLLOUT, 0 };
        CHECK(connect(s, (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS);
        if (poll(&done, 1, 100) == 0) {
            CHECK_EQ(fcntl(s, F_SETFL, O_RDWR), 0);
            return s;
        }
    }
    SKIP("every connection is made at once");
}

int main(void)
{
    int p[2], s = connecting();
    char got[16];
    struct aiocb zero, other;
    t_block(&zero, s, got, 0, 0);
    CHECK_OK(aio_write(&zero));
    usleep(50000);
    t_pipe(p);
    t_read_blocked(&other, p[0], got, sizeof got);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&other), 1);
    CHECK_EQ(aio_error(&zero), EINPROGRESS);
    return 0;
}
