/* Whatever is in the members that the program need not set, requests succeed. */
#include "test.h"

int main(void)
{
    char want[100], got[100];
    int fd = t_file(0);
    t_fill(want, sizeof want, 7);
    for (int byte = 0; byte < 256; byte++) {
        struct aiocb cb;
        for (int writing = 1; writing >= 0; writing--) {
            memset(&cb, byte, sizeof cb);
            cb.aio_fildes = fd;
            cb.aio_buf = writing ? want : got;
            cb.aio_nbytes = sizeof want;
            cb.aio_offset = byte;
            cb.aio_reqprio = 0;
            cb.aio_sigevent.sigev_notify = SIGEV_NONE;
            CHECK_OK(writing ? aio_write(&cb) : aio_read(&cb));
            CHECK_EQ(t_finish(&cb), sizeof want);
        }
        CHECK(memcmp(got, want, sizeof want) == 0);
    }
    return 0;
}
