/* A read from a raw terminal with VTIME and no VMIN ends by itself with 0. */
/* timeout: 5 */
#include "test.h"
#include <pty.h>
#include <termios.h>

int main(void)
{
    char got[100];
    int master, slave;
    struct aiocb cb;
    struct termios raw;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    CHECK_EQ(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    for (int time = 0; time < 2; time++) {
        raw.c_cc[VTIME] = time;
        CHECK_EQ(tcsetattr(slave, TCSANOW, &raw), 0);
        t_block(&cb, slave, got, sizeof got, 0);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 0);
        t_write_all(master, "abc", 3);
        CHECK_OK(aio_read(&cb));
        CHECK_EQ(t_finish(&cb), 3);
    }
    return 0;
}
