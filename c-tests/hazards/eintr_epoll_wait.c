/* Completions never interrupt the application's epoll_wait. */
#include "eintr.h"
#include <sys/epoll.h>

int main(void)
{
    int ep = epoll_create1(0), ends[2];
    t_pipe(ends);
    struct epoll_event ev = { .events = EPOLLIN };
    CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &ev), 0);
    EINTR_TEST(400, epoll_wait(ep, &ev, 1, 1));
    return 0;
}
