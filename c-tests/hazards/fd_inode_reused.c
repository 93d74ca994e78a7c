/* A number closed unseen, by the system call, that comes back as a FIFO with the deleted file's inode number is one. */
#include "test.h"

enum { TRIES = 64 };

static int used_and_deleted(struct stat *was)
{
    struct aiocb cb;
    int file = open("was-a-file", O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(file >= 0);
    CHECK_EQ(fstat(file, was), 0);
    t_block(&cb, file, "data", 4, 0);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_finish(&cb), 4);
    CHECK_EQ(unlink("was-a-file"), 0);
    return file;
}

int main(void)
{
    struct stat was, is;
    struct aiocb cb;
    char name[TRIES][24], got[8];
    int reused = -1;
    int number = used_and_deleted(&was);
    CHECK_EQ(syscall(SYS_close, number), 0);
    for (int i = 0; i < TRIES && reused < 0; i++) {
        snprintf(name[i], sizeof name[i], "fifo-%d", i);
        CHECK_EQ(mkfifo(name[i], 0600), 0);
        CHECK_EQ(stat(name[i], &is), 0);
        reused = is.st_ino == was.st_ino ? i : -1;
    }
    if (reused < 0)
        SKIP("this filesystem does not give an inode number to another file at once");
    int fifo = open(name[reused], O_RDWR);
    CHECK_EQ(fifo, number);
    usleep(50000); /* what was learnt of the number is believed for less */
    t_read_blocked(&cb, fifo, got, sizeof got);
    t_write_all(fifo, "stream", 6);
    CHECK_EQ(t_finish(&cb), 6);
    CHECK(memcmp(got, "stream", 6) == 0);
    return 0;
}
