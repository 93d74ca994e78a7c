/* No call changes the caller's signal mask, and errno only on failure. */
#include "solaris.h"

static sigset_t before;

static void same_mask(void)
{
    sigset_t now;
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, NULL, &now), 0);
    for (int i = 1; i < 64; i++)
        CHECK_EQ(sigismember(&now, i), sigismember(&before, i));
}

int main(void)
{
    char c;
    int p[2], fd = t_filled(0, 64, 1);
    aio_result_t r;
    struct timeval little = { 0, 1000 }, bad = { -1, 0 };
    t_pipe(p);
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    CHECK_OK(aioread(fd, &c, 1, 0, SEEK_SET, &r));
    same_mask();
    CHECK_PTR(s_take(), &r);
    same_mask();
    s_blocked(p[0], &c, &r);
    errno = 12345;
    CHECK_PTR(aiowait(&little), NULL);
    CHECK_EQ(errno, 12345);
    same_mask();
    CHECK_FAILED(aiowait(&bad), EINVAL);
    same_mask();
    CHECK_OK(aiocancel(&r));
    same_mask();
    CHECK_ERR(aiocancel(&r), EINVAL);
    CHECK_ERR(aioread(-1, &c, 1, 0, SEEK_SET, &r), EBADF);
    same_mask();
    return 0;
}
