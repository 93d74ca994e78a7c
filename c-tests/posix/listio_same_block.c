/* The same block twice in one list does no damage: the request itself ends well. */
/* glibc: may fail: undetected */
#include "test.h"

int main(void)
{
    int p[2];
    char buf[10];
    struct aiocb cb, *list[] = { &cb, &cb };
    t_pipe(p);
    t_block(&cb, p[0], buf, sizeof buf, 0);
    cb.aio_lio_opcode = LIO_READ;
    lio_listio(LIO_NOWAIT, list, 2, NULL);
    CHECK_EQ(aio_error(&cb), EINPROGRESS);
    t_write_all(p[1], "abc", 3);
    CHECK_EQ(t_finish(&cb), 3);
    t_write_all(p[1], "de", 2);
    CHECK_EQ(read(p[0], buf, sizeof buf), 2);
    return 0;
}
