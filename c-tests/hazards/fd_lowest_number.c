/* The first request, of any kind, takes no descriptor number that the program would have got. */
#include "every.h"

int main(void)
{
    struct every e = every_open();
    int before = open("/dev/null", O_RDONLY);
    close(before);
    for (int n = 0; n < 3; n++) {
        struct aiocb pending;
        char c;
        every_once(&e);
        t_read_blocked(&pending, e.pipe[0], &c, 1);
        int during = open("/dev/null", O_RDONLY);
        CHECK_EQ(during, before);
        int next = dup(during);
        CHECK_EQ(next, before + 1);
        close(during);
        close(next);
        CHECK_EQ(write(e.pipe[1], "x", 1), 1);
        CHECK_EQ(t_finish(&pending), 1);
    }
    return 0;
}
