/* O_NONBLOCK set or cleared with fcntl after the first request counts for the next one. */
#include "test.h"

int main(void)
{
    char got[10];
    int p[2];
    struct aiocb cb;
    t_pipe(p);
    for (int i = 0; i < 10; i++) {
        t_read_blocked(&cb, p[0], got, sizeof got);
        t_write_all(p[1], "abc", 3);
        CHECK_EQ(t_finish(&cb), 3);
        CHECK_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
        t_block(&cb, p[0], got, sizeof got, 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_wait(&cb), EAGAIN);
        CHECK_EQ(fcntl(p[0], F_SETFL, 0), 0);
    }
    return 0;
}
