/* RLIMIT_AS leaves no address space, or a little: every call ends in success or EAGAIN. */
/* not under: asan tsan: take memory of their own, which the limits here refuse */
#include "exhaust.h"

static void limit_space(long more)
{
    long mapped, resident;
    t_memory(&mapped, &resident);
    struct rlimit limit = { (rlim_t)(mapped + more), RLIM_INFINITY };
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
