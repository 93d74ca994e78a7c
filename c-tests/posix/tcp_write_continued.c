/* A write of 8 MiB to a TCP connection goes on until everything is written. */
#include "test.h"
#include <arpa/inet.h>
#include <netinet/in.h>

int main(void)
{
    enum { SIZE = 8 << 20 };
    static char want[SIZE], got[SIZE];
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof addr;
    struct aiocb cb;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&addr, sizeof addr) != 0)
        SKIP("no loopback network: %s", strerror(errno));
    CHECK_EQ(listen(listener, 1), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&addr, &length), 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(connect(client, (struct sockaddr *)&addr, sizeof addr), 0);
    int server = accept(listener, NULL, NULL);
    CHECK(server >= 0);
    t_fill(want, SIZE, 1);
    t_block(&cb, client, want, SIZE, 0);
    CHECK_OK(aio_write(&cb));
    t_read_all(server, got, SIZE);
    CHECK_EQ(t_finish(&cb), SIZE);
    CHECK(memcmp(got, want, SIZE) == 0);
    return 0;
}
