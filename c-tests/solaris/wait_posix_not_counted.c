/* Requests of aio_read are not counted by aiowait, and aiocancel knows none of them. */
#include "solaris.h"

int main(void)
{
    char a, b;
    int p[2];
    struct aiocb cb;
    aio_result_t r;
    t_pipe(p);
    t_read_blocked(&cb, p[0], &a, 1);
    CHECK_IDLE();
    CHECK_FAILED(aiowait(NULL), EINVAL);
    CHECK_ERR(aiocancel((aio_result_t *)&cb), EINVAL);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_EQ(t_finish(&cb), 1);
    CHECK_IDLE();
    s_blocked(p[0], &b, &r);
    CHECK_EQ(write(p[1], "y", 1), 1);
    CHECK_PTR(s_take(), &r);
    CHECK_IDLE();
    return 0;
}
