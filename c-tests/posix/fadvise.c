/* Whatever posix_fadvise was told about a file, reads and writes of it give and leave the right data. */
#include "test.h"

int main(void)
{
    enum { CHUNK = 30000, CHUNKS = 40 };
    static const int advices[] = { POSIX_FADV_NORMAL,  POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                   POSIX_FADV_NOREUSE, POSIX_FADV_WILLNEED,   POSIX_FADV_DONTNEED };
    static unsigned char got[CHUNKS][CHUNK], put[CHUNK];
    struct aiocb cb[CHUNKS], writing;
    for (int a = 0; a < 6; a++) {
        int fd = t_data((size_t)CHUNK * CHUNKS, 0);
        CHECK_EQ(posix_fadvise(fd, 0, 0, advices[a]), 0);
        for (int i = 0; i < CHUNKS; i++) {
            t_block(&cb[i], fd, got[i], CHUNK, (off_t)i * CHUNK);
            CHECK_OK(aio_read(&cb[i]));
        }
        for (int i = 0; i < CHUNKS; i++) {
            CHECK_EQ(t_finish(&cb[i]), CHUNK);
            CHECK(t_same(got[i], CHUNK, (off_t)i * CHUNK, 0));
        }
        for (int i = 0; i < CHUNKS; i++) {
            t_pattern(put, CHUNK, (off_t)i * CHUNK, 1);
            t_block(&writing, fd, put, CHUNK, (off_t)i * CHUNK);
            CHECK_OK(aio_write(&writing));
            CHECK_EQ(t_finish(&writing), CHUNK);
            CHECK_EQ(posix_fadvise(fd, (off_t)i * CHUNK, CHUNK, advices[a]), 0);
            CHECK_EQ(pread(fd, got[i], CHUNK, (off_t)i * CHUNK), CHUNK);
            CHECK(t_same(got[i], CHUNK, (off_t)i * CHUNK, 1));
        }
        close(fd);
    }
    return 0;
}
