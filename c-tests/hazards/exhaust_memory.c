/* RLIMIT_AS leaves no address space, or a little: every call ends in success or EAGAIN. */
/* not under: asan: takes memory of its own, which the limits here refuse */
#include "exhaust.h"

static void limit_space(long more)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL);
    CHECK_EQ(fscanf(f, "%lu", &pages), 1);
    fclose(f);
    struct rlimit limit = { pages * 4096 + (unsigned long)more, RLIM_INFINITY };
    CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

int main(void)
{
    static const long more[] = { 0, 4096, 65536, 131072, 262144, 524288, 1 << 20, 4 << 20, 12 << 20 };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        x_child("address space, bytes more", limit_space, more[i], false, false);
        x_child("address space, bytes more", limit_space, more[i], true, false);
    }
    return 0;
}
