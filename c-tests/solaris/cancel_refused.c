/* aiocancel that cancels nothing: EACCES if any request is unfinished, else EINVAL. */
#include "solaris.h"

int main(void)
{
    char c, d;
    int p[2], fd = t_filled(0, 64, 1);
    aio_result_t blocked, finished, never;
    t_pipe(p);
    CHECK_ERR(aiocancel(&never), EINVAL);
    s_polled(&finished);
    CHECK_OK(aioread(fd, &d, 1, 0, SEEK_SET, &finished));
    CHECK_EQ(s_spin(&finished), 1);
    CHECK_ERR(aiocancel(&finished), EINVAL);
    CHECK_ERR(aiocancel(&never), EINVAL);
    s_blocked(p[0], &c, &blocked);
    CHECK_ERR(aiocancel(&finished), EACCES);
    CHECK_ERR(aiocancel(&never), EACCES);
    CHECK_ERR(aiocancel(NULL), EACCES);
    /* neither lost nor changed by that */
    CHECK_RESULT(&finished, 1, 0);
    CHECK_PTR(s_take(), &finished);
    CHECK_ERR(aiocancel(&finished), EACCES);
    CHECK_OK(aiocancel(&blocked));
    CHECK_ERR(aiocancel(&blocked), EINVAL);
    CHECK_IDLE();
    return 0;
}
