/* Completions never interrupt the application's poll. */
#include "eintr.h"

int main(void)
{
    int ends[2];
    t_pipe(ends);
    struct pollfd p = { ends[0], POLLIN, 0 };
    EINTR_TEST(400, poll(&p, 1, 1));
    return 0;
}
