/* O_NONBLOCK set for one read of a terminal and taken back before its turn comes: it holds up nothing else. */
/* timeout: 5 */
#include "test.h"
#include <pty.h>

int main(void)
{
    int master, slave, p[2];
    char line[16], late[16], got[16];
    struct aiocb first, second, other;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    t_read_blocked(&first, slave, line, sizeof line);
    CHECK_EQ(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    t_read_blocked(&second, slave, late, sizeof late);
    CHECK_EQ(fcntl(slave, F_SETFL, O_RDWR), 0);
    t_write_all(master, "line\n", 5);
    CHECK_EQ(t_finish(&first), 5);
    usleep(50000);
    t_pipe(p);
    t_read_blocked(&other, p[0], got, sizeof got);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&other), 1);
    return 0;
}
