/* aio_suspend over no entry (none, or only NULL) returns 0 at once, with any timespec. */
#include "test.h"

int main(void)
{
    const struct aiocb *list[256] = { NULL };
    struct timespec bad = { 0, -1 }, day = { 86400, 0 };
    CHECK_OK(aio_suspend(list, 0, NULL));
    const struct aiocb *const *volatile no_list = NULL;
    CHECK_OK(aio_suspend(no_list, 0, NULL));
    CHECK_OK(aio_suspend(list, 0, &day));
    CHECK_OK(aio_suspend(list, 0, &bad));
    CHECK_OK(aio_suspend(list, 1, NULL));
    CHECK_OK(aio_suspend(list, 256, NULL));
    CHECK_OK(aio_suspend(list, 256, &day));
    CHECK_OK(aio_suspend(list, 256, &bad));
    return 0;
}
