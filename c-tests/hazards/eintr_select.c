/* Completions never interrupt the application's select. */
#include "eintr.h"
#include <sys/select.h>

static int wait_a_bit(int fd)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    struct timeval tv = { 0, 1000 };
    return select(fd + 1, &set, NULL, NULL, &tv);
}

int main(void)
{
    int ends[2];
    t_pipe(ends);
    EINTR_TEST(400, wait_a_bit(ends[0]));
    return 0;
}
