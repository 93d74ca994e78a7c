/* The offset counts from the start, the current offset, or the size at the call; the current offset is not moved. */
#include "solaris.h"

int main(void)
{
    unsigned char buf[100];
    int fd = t_data(1 << 16, 0);
    aio_result_t r;
    struct { int whence; off_t offset, at; } cases[] = {
        { SEEK_SET, 0, 0 },    { SEEK_SET, 777, 777 },   { SEEK_CUR, 0, 5000 },
        { SEEK_CUR, 11, 5011 }, { SEEK_CUR, -5000, 0 },  { SEEK_END, -100, 65436 },
        { SEEK_END, -65536, 0 },
    };
    CHECK_EQ(lseek(fd, 5000, SEEK_SET), 5000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s_result(&r);
        CHECK_OK(aioread(fd, (char *)buf, sizeof buf, cases[i].offset, cases[i].whence, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, 100, 0);
        CHECK(t_same(buf, sizeof buf, cases[i].at, 0));
        CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5000);
    }
    /* behind the end: nothing is read, a write makes the file longer, and the next counts from there */
    CHECK_OK(aioread(fd, (char *)buf, sizeof buf, 0, SEEK_END, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 0, 0);
    for (int i = 1; i <= 2; i++) {
        struct stat st;
        CHECK_OK(aiowrite(fd, "tail", 4, 6, SEEK_END, &r));
        CHECK_PTR(s_take(), &r);
        CHECK_RESULT(&r, 4, 0);
        CHECK_EQ(fstat(fd, &st), 0);
        CHECK_EQ(st.st_size, 65536 + i * 10);
    }
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5000);
    return 0;
}
