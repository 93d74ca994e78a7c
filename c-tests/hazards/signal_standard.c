/* Each of many requests that end at once tells of itself, also by a signal of which the kernel keeps only one. */
/* glibc: may fail: signals that come while one is pending are dropped */
#include "signals.h"

enum { COUNT = 32 };

int main(void)
{
    int data = t_data(COUNT * S_SIZE, 0);
    unsigned char *buf = t_pages(COUNT * S_SIZE, 0);
    t_block_signals();
    for (long n = t_scale(5); n > 0; n--)
        signal_each(data, buf, COUNT, SIGUSR1);
    t_no_signal();
    t_figure(0, t_scale(5) * COUNT, "signals lost");
    return 0;
}
