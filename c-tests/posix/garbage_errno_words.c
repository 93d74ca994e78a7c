/* Status words left over from earlier use of the memory do not confuse a new request. */
#include "test.h"

int main(void)
{
    static const int leftovers[] = { 0, EINPROGRESS, ECANCELED, EINVAL, -1 };
    int p[2];
    char c;
    t_pipe(p);
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++) {
        struct aiocb cb;
        t_block(&cb, p[0], &c, 1, 0);
        cb.__error_code = leftovers[i];
        cb.__return_value = 77;
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        t_write_all(p[1], "x", 1);
        CHECK_EQ(t_finish(&cb), 1);
    }
    return 0;
}
