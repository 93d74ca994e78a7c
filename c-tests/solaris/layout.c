/* aio_result_t and the constants are those of Solaris. */
#include "solaris.h"

int main(void)
{
    CHECK_EQ(sizeof(aio_result_t), 16);
    CHECK_EQ(offsetof(aio_result_t, aio_return), 0);
    CHECK_EQ(offsetof(aio_result_t, aio_errno), 8);
    CHECK_EQ(sizeof ((aio_result_t *)0)->aio_return, sizeof(ssize_t));
    CHECK_EQ(AIO_INPROGRESS, -2);
    CHECK_EQ(MAXASYNCHIO, 200);
    return 0;
}
