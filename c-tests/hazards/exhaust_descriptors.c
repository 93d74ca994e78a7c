/* No descriptor number is left (RLIMIT_NOFILE): every call ends in success, since workers need none. */
#include "exhaust.h"

static void fill_table(long spare)
{
    struct rlimit limit = { 64, 64 };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (dup(0) >= 0)
        ;
    CHECK_EQ(errno, EMFILE);
    for (int fd = 63; spare > 0; fd--, spare--)
        syscall(SYS_close, fd);
}

static void lower_limit(long limit)
{
    struct rlimit to = { (rlim_t)limit, (rlim_t)limit };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &to), 0);
}

int main(void)
{
    if (fcntl(0, F_GETFD) < 0)
        CHECK_EQ(open("/dev/null", O_RDWR), 0);
    for (int spare = 0; spare < 3; spare++) {
        x_child("descriptors left", fill_table, spare, false, true);
        x_child("descriptors left", fill_table, spare, true, true);
    }
    x_child("descriptor limit", lower_limit, 0, false, true);
    x_child("descriptor limit", lower_limit, 0, true, true);
    return 0;
}
