/* Who sees aio_return sees the aio_errno that belongs to it. */
#include "solaris.h"

int main(void)
{
    char buf[16];
    int dir = open(".", O_RDONLY | O_DIRECTORY), fd = t_filled(0, 64, 1);
    aio_result_t r;
    CHECK(dir >= 0);
    for (long i = 0; i < 20000; i++) {
        bool fails = i % 2;
        r.aio_errno = 4711;
        __atomic_store_n(&r.aio_return, AIO_INPROGRESS, __ATOMIC_RELEASE);
        CHECK_OK(aioread(fails ? dir : fd, buf, sizeof buf, 0, SEEK_SET, &r));
        while (s_seen(&r) == AIO_INPROGRESS)
            ;
        CHECK_RESULT(&r, fails ? -1 : 16, fails ? EISDIR : 0);
    }
    return 0;
}
