/* aio_reqprio outside 0..20: EINVAL at the call, aio_error agrees; inside: accepted. */
#include "test.h"

int main(void)
{
    static const int bad[] = { -1, 21, INT_MIN, INT_MAX };
    char buf[16] = "0123456789";
    int fd = t_file(0);
    struct aiocb cb;
    for (int i = 0; i < 4; i++) {
        t_block(&cb, fd, buf, sizeof buf, 0);
        cb.aio_reqprio = bad[i];
        CHECK_ERR(aio_write(&cb), EINVAL);
        CHECK_EQ(aio_error(&cb), EINVAL);
        t_block(&cb, fd, buf, sizeof buf, 0);
        cb.aio_reqprio = bad[i];
        CHECK_ERR(aio_read(&cb), EINVAL);
        CHECK_EQ(aio_error(&cb), EINVAL);
    }
    for (int prio = 0; prio <= 20; prio++) {
        t_block(&cb, fd, buf, sizeof buf, 0);
        cb.aio_reqprio = prio;
        CHECK_OK(aio_write(&cb));
        CHECK_EQ(t_finish(&cb), sizeof buf);
    }
    return 0;
}
