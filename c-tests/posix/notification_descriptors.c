/* Reads of a timerfd, a signalfd and an inotify descriptor wait for the event. */
#include "test.h"
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

int main(void)
{
    static _Alignas(8) char buf[4096];
    struct aiocb cb;
    struct itimerspec soon = { { 0, 0 }, { 0, 20000000 } };
    sigset_t set;
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    t_read_blocked(&cb, timer, buf, sizeof buf);
    CHECK_EQ(timerfd_settime(timer, 0, &soon, NULL), 0);
    CHECK_EQ(t_finish(&cb), 8);

    unlink("new");
    int watch = inotify_init1(0);
    CHECK(inotify_add_watch(watch, ".", IN_CREATE) >= 0);
    t_read_blocked(&cb, watch, buf, sizeof buf);
    close(open("new", O_CREAT | O_RDWR, 0600));
    CHECK(t_finish(&cb) >= (ssize_t)sizeof(struct inotify_event));
    CHECK(strcmp(((struct inotify_event *)buf)->name, "new") == 0);

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    int signals = signalfd(-1, &set, 0);
    t_block(&cb, signals, buf, sizeof buf, 0);
    kill(getpid(), SIGUSR1);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), sizeof(struct signalfd_siginfo));
    return 0;
}
