/* The entries of a list for one stream are taken in the order of the list. */
#include "test.h"

int main(void)
{
    enum { COUNT = 50, SIZE = 3000 };
    static char want[COUNT][SIZE], got[COUNT][SIZE];
    struct aiocb cb[2 * COUNT], *list[2 * COUNT];
    int s[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    int fd = t_file(O_APPEND);
    for (int i = 0; i < COUNT; i++) {
        t_fill(want[i], SIZE, i);
        t_block(&cb[i], s[0], want[i], SIZE, 0);
        t_block(&cb[COUNT + i], fd, want[i], SIZE, 0);
        cb[i].aio_lio_opcode = cb[COUNT + i].aio_lio_opcode = LIO_WRITE;
        list[2 * i] = &cb[i];
        list[2 * i + 1] = &cb[COUNT + i];
    }
    CHECK_OK(lio_listio(LIO_NOWAIT, list, 2 * COUNT, NULL));
    t_read_all(s[1], got, sizeof got);
    CHECK(memcmp(got, want, sizeof got) == 0);
    for (int i = 0; i < 2 * COUNT; i++)
        CHECK_EQ(t_finish(&cb[i]), SIZE);
    CHECK_EQ(pread(fd, got, sizeof got, 0), sizeof got);
    CHECK(memcmp(got, want, sizeof got) == 0);
    return 0;
}
