/* On what cannot seek, any offset with a valid whence is ignored. */
#include "solaris.h"

int main(void)
{
    off_t offsets[] = { 0, 1, -1, INT64_MAX, INT64_MIN };
    int p[2], s[2];
    char c;
    aio_result_t r;
    t_pipe(p);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    int from[] = { p[0], s[0] }, to[] = { p[1], s[1] };
    for (int kind = 0; kind < 2; kind++)
        for (int whence = SEEK_SET; whence <= SEEK_END; whence++)
            for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
                s_result(&r);
                CHECK_OK(aiowrite(to[kind], "z", 1, offsets[i], whence, &r));
                CHECK_PTR(s_take(), &r);
                CHECK_RESULT(&r, 1, 0);
                c = 0;
                CHECK_OK(aioread(from[kind], &c, 1, offsets[i], whence, &r));
                CHECK_PTR(s_take(), &r);
                CHECK_RESULT(&r, 1, 0);
                CHECK_EQ(c, 'z');
            }
    return 0;
}
