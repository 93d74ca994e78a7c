/* A sync does not wait for requests on other files or streams. */
#include "test.h"

int main(void)
{
    int p[2];
    char c;
    struct aiocb blocked, sync;
    t_pipe(p);
    t_read_blocked(&blocked, p[0], &c, 1);
    t_block(&sync, t_file(0), NULL, 0, 0);
    CHECK_OK(aio_fsync(O_SYNC, &sync));
    CHECK_EQ(t_finish(&sync), 0);
    CHECK_EQ(aio_error(&blocked), EINPROGRESS);
    t_write_all(p[1], "x", 1);
    CHECK_EQ(t_finish(&blocked), 1);
    return 0;
}
