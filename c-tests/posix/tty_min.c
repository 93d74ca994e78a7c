/* A read from a raw terminal waits for VMIN bytes. */
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
    raw.c_cc[VMIN] = 5;
    raw.c_cc[VTIME] = 0;
    CHECK_EQ(tcsetattr(slave, TCSANOW, &raw), 0);
    for (int i = 0; i < 20; i++) {
        t_read_blocked(&cb, slave, got, sizeof got);
        t_write_all(master, "abc", 3);
        if (i % 2)
            usleep(2000);
        CHECK_EQ(aio_error(&cb), EINPROGRESS);
        t_write_all(master, "de", 2);
        CHECK_EQ(t_finish(&cb), 5);
        CHECK(memcmp(got, "abcde", 5) == 0);
    }
    return 0;
}
