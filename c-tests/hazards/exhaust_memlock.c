/* RLIMIT_MEMLOCK of 0 or little, without the privilege to exceed it, takes no ring memory away that is needed. */
#include "exhaust.h"

static void limit_locked(long bytes)
{
    struct rlimit limit = { (rlim_t)bytes, (rlim_t)bytes };
    CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
    if (getuid() == 0 && setuid(23456) != 0)
        SKIP("cannot give up the privilege");
}

int main(void)
{
    static const long bytes[] = { 0, 4096, 16384, 65536 };
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        x_child("locked bytes", limit_locked, bytes[i], false, true);
        x_child("locked bytes", limit_locked, bytes[i], true, true);
    }
    return 0;
}
