/* A read from a terminal in line mode gives one line. */
#include "test.h"
#include <pty.h>

int main(void)
{
    char got[100];
    int master, slave;
    struct aiocb cb;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
        SKIP("no pseudo-terminal: %s", strerror(errno));
    t_block(&cb, slave, got, sizeof got, 0);
    CHECK_OK(aio_read(&cb));
    t_write_all(master, "on", 2);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(master, "e\ntwo\n", 6);
    CHECK_EQ(t_finish(&cb), 4);
    CHECK(memcmp(got, "one\n", 4) == 0);
    CHECK_OK(aio_read(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    CHECK(memcmp(got, "two\n", 4) == 0);
    return 0;
}
