/* Writes to an O_APPEND descriptor take effect in call order, whatever their offsets. */
#include "solaris.h"

enum { N = 500 };

int main(void)
{
    static aio_result_t r[N];
    static unsigned out[N], in[N];
    int fd = t_file(O_APPEND);
    for (unsigned i = 0; i < N; i++) {
        out[i] = i;
        s_result(&r[i]);
        CHECK_OK(aiowrite(fd, (char *)&out[i], sizeof *out, (off_t)(N - i) * 1000, SEEK_SET, &r[i]));
    }
    for (int i = 0; i < N; i++)
        CHECK_PTR(s_take(), &r[i]);
    CHECK_EQ(pread(fd, in, sizeof in, 0), sizeof in);
    CHECK_EQ(memcmp(in, out, sizeof in), 0);
    return 0;
}
