/* When memory runs out a call fails with EAGAIN; everything accepted before is handed out. */
/* not under: tsan: takes memory of its own, which the limits here refuse */
#include "solaris.h"

enum { MOST = 400000 };

int main(void)
{
    aio_result_t *r = t_pages(MOST * sizeof *r, 0);
    static char c;
    int p[2], n = 0;
    struct rlimit limit;
    long mapped, resident;
    t_pipe(p);
    s_blocked(p[0], &c, &r[n++]);
    /* what is mapped now, and 32 MiB */
    t_memory(&mapped, &resident);
    CHECK_EQ(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = (rlim_t)mapped + (32 << 20);
    CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
    while (n < MOST && aioread(p[0], &c, 1, 0, SEEK_SET, &r[n]) == 0)
        n++;
    CHECK(n < MOST);
    CHECK_EQ(errno, EAGAIN);
    CHECK_ERR(aiocancel(&r[n]), EACCES);
    for (int i = 0; i < n - 1; i++)
        CHECK_EQ(aiocancel(&r[i]), 0);
    CHECK_EQ(write(p[1], "x", 1), 1);
    CHECK_PTR(s_take(), &r[n - 1]);
    CHECK_IDLE();
    printf("%d accepted\n", n);
    return 0;
}
