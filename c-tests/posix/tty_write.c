/* A long write to a terminal is written whole, as write would. */
#include "test.h"
#include <pty.h>
#include <termios.h>

int main(void)
{
    enum { SIZE = 100000 };
    static char want[SIZE], got[SIZE];
    int master, slave;
    struct aiocb cb;
    struct termios raw;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    CHECK_EQ(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    CHECK_EQ(tcsetattr(slave, TCSANOW, &raw), 0);
    t_fill(want, SIZE, 1);
    t_block(&cb, slave, want, SIZE, 0);
    CHECK_OK(aio_write(&cb));
    t_read_all(master, got, SIZE);
    CHECK_EQ(t_finish(&cb), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
