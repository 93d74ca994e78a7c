/* A block cleared while in flight is not a request any more; nothing around it is damaged. */
/* glibc: fails: the answer is what the memory says */
#include "test.h"

int main(void)
{
    struct {
        char before[256];
        struct aiocb cb;
        char after[256];
    } memory;
    char want[256], buf[10];
    int p[2];
    struct aiocb next;
    memset(want, 0x5c, sizeof want);
    memset(&memory, 0x5c, sizeof memory);
    t_pipe(p);
    for (int byte = 0; byte < 256; byte += 5) {
        t_read_blocked(&memory.cb, p[0], buf, sizeof buf);
        memset(&memory.cb, byte, sizeof memory.cb);
        CHECK_ERR(aio_error(&memory.cb), EINVAL);
        CHECK_ERR(aio_return(&memory.cb), EINVAL);
        CHECK_EQ(aio_cancel(-1, &memory.cb), -1);
        /* The read is still there and takes the first bytes. */
        t_block(&next, p[0], buf, sizeof buf, 0);
        CHECK_OK(aio_read(&next));
        t_write_all(p[1], "abc", 3);
        for (int left = 3; left != 0; usleep(100))
            left = poll(&(struct pollfd){ .fd = p[0], .events = POLLIN }, 1, 0);
        CHECK_EQ(aio_error(&next), EINPROGRESS);
        t_write_all(p[1], "de", 2);
        CHECK_EQ(t_finish(&next), 2);
        CHECK(memcmp(memory.before, want, sizeof want) == 0);
        CHECK(memcmp(memory.after, want, sizeof want) == 0);
    }
    return 0;
}
