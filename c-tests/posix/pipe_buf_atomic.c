/* Writes of PIPE_BUF bytes from several requests are never mixed with each other. */
#include "test.h"

int main(void)
{
    enum { WRITERS = 8, ROUNDS = 40 };
    static char buf[WRITERS][PIPE_BUF], got[PIPE_BUF];
    int p[2], fd[WRITERS];
    struct aiocb cb[WRITERS][ROUNDS];
    t_pipe(p);
    for (int w = 0; w < WRITERS; w++) {
        fd[w] = dup(p[1]);
        memset(buf[w], 'A' + w, PIPE_BUF);
    }
    for (int r = 0; r < ROUNDS; r++)
        for (int w = 0; w < WRITERS; w++) {
            t_block(&cb[w][r], fd[w], buf[w], PIPE_BUF, 0);
            CHECK_OK(aio_write(&cb[w][r]));
        }
    for (int i = 0; i < WRITERS * ROUNDS; i++) {
        t_read_all(p[0], got, PIPE_BUF);
        CHECK(got[0] >= 'A' && got[0] < 'A' + WRITERS);
        CHECK(memcmp(got, buf[got[0] - 'A'], PIPE_BUF) == 0);
    }
    for (int w = 0; w < WRITERS; w++)
        for (int r = 0; r < ROUNDS; r++)
            CHECK_EQ(t_finish(&cb[w][r]), PIPE_BUF);
    return 0;
}
