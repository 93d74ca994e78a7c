/* O_NONBLOCK on a terminal: one attempt, EAGAIN without a line, 0 where the terminal asks for no minimum. */
/* timeout: 5 */
#include "test.h"
#include <pty.h>
#include <termios.h>

int main(void)
{
    int master, slave;
    char got[16];
    struct aiocb cb;
    struct termios raw;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    CHECK_EQ(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    t_block(&cb, slave, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_wait(&cb), EAGAIN);
    CHECK_EQ(aio_return(&cb), -1);
    t_write_all(master, "line\n", 5);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 5);
    t_block(&cb, slave, "out", 3, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 3);
    CHECK_EQ(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    CHECK_EQ(tcsetattr(slave, TCSANOW, &raw), 0);
    t_block(&cb, slave, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 0);
    return 0;
}
