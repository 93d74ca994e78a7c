/* Nothing of a result structure or buffer is touched after its result is shown. */
#include "solaris.h"

int main(void)
{
    int fd = t_data(1 << 16, 0), p[2];
    t_pipe(p);
    for (int i = 0; i < 3000; i++) {
        /* a page of its own, gone the moment the result is there */
        char *page = t_pages(4096, 0);
        aio_result_t *r = (aio_result_t *)page;
        s_polled(r);
        if (i % 2) {
            CHECK_OK(aioread(fd, page + 64, 512, i % 100 * 512, SEEK_SET, r));
        } else {
            CHECK_OK(aioread(p[0], page + 64, 1, 0, SEEK_SET, r));
            CHECK_EQ(write(p[1], "x", 1), 1);
        }
        CHECK_EQ(s_spin(r), i % 2 ? 512 : 1);
        CHECK_EQ(munmap(page, 4096), 0);
        /* the address itself is handed out, once */
        CHECK_PTR(s_take(), r);
    }
    CHECK_IDLE();
    return 0;
}
