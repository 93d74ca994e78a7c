/* sysconf and the headers give the limits of asynchronous I/O, and what they promise is accepted. */
#include "test.h"

_Static_assert(_POSIX_ASYNCHRONOUS_IO >= 200112L, "the option is there");
_Static_assert(_POSIX_AIO_LISTIO_MAX == 2 && _POSIX_AIO_MAX == 1, "what every system must allow");
_Static_assert(AIO_PRIO_DELTA_MAX == 20, "glibc's");

/* A limit: -1 with errno as it was, which means none, or at least what every system must allow. */
static long limit(int name, long least)
{
    errno = 12345;
    long value = sysconf(name);
    CHECK_EQ(errno, 12345);
    CHECK(value == -1 || value >= least);
    return value;
}

int main(void)
{
    enum { LIST = 200 };
    char bytes[LIST];
    struct aiocb cb[LIST], *list[LIST];
    long longest = limit(_SC_AIO_LISTIO_MAX, _POSIX_AIO_LISTIO_MAX);
    long most = limit(_SC_AIO_MAX, _POSIX_AIO_MAX);
    int n = longest != -1 && longest < LIST ? (int)longest : LIST;
    int fd = t_filled(0, LIST, 1);

    n = most != -1 && most < n ? (int)most : n;
    CHECK(sysconf(_SC_ASYNCHRONOUS_IO) >= 200112L);
    CHECK_EQ(sysconf(_SC_AIO_PRIO_DELTA_MAX), AIO_PRIO_DELTA_MAX);
    for (int i = 0; i < n; i++) {
        t_block(&cb[i], fd, &bytes[i], 1, i);
        cb[i].aio_lio_opcode = LIO_READ;
        cb[i].aio_reqprio = i % (AIO_PRIO_DELTA_MAX + 1);
        list[i] = &cb[i];
    }
    CHECK_OK(lio_listio(LIO_WAIT, list, n, NULL));
    for (int i = 0; i < n; i++)
        CHECK_EQ(aio_return(&cb[i]), 1);
    return 0;
}
