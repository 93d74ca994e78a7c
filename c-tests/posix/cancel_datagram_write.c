/* A datagram waiting for room is either cancelled and never arrives, or goes on and arrives. */
#include "test.h"

int main(void)
{
    for (int round = 0; round < 20; round++) {
        int s[2], arrived = 0;
        char in[10];
        struct aiocb cb;
        CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
        while (send(s[0], "fill", 4, MSG_DONTWAIT) == 4)
            ;
        t_block(&cb, s[0], "wanted", 6, 0);
        CHECK_OK(aio_write(&cb));
        if (round % 2)
            usleep(5000);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        int verdict = aio_cancel(s[0], round % 4 < 2 ? &cb : NULL);
        CHECK(verdict == AIO_CANCELED || verdict == AIO_NOTCANCELED);
        CHECK_EQ(aio_error(&cb), verdict == AIO_CANCELED ? ECANCELED : EINPROGRESS);
        while (aio_error(&cb) == EINPROGRESS)
            arrived += recv(s[1], in, sizeof in, MSG_DONTWAIT) == 6;
        CHECK_EQ(aio_return(&cb), verdict == AIO_NOTCANCELED ? 6 : -1);
        usleep(2000);
        for (ssize_t n; (n = recv(s[1], in, sizeof in, MSG_DONTWAIT)) >= 0;)
            arrived += n == 6;
        CHECK_EQ(arrived, verdict == AIO_NOTCANCELED);
        close(s[0]);
        close(s[1]);
    }
    return 0;
}
