/* Record locks (fcntl) taken on a file survive a close-with-requests on another descriptor opened before. */
#include "test.h"

enum { WRITES = 32, SIZE = 4096 };

static void lock(int fd, int type)
{
    struct flock l = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
    CHECK_EQ(fcntl(fd, F_SETLK, &l), 0);
}

/* Another process asks who holds the lock. */
static void check_locked(int fd, pid_t owner)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
        CHECK_EQ(fcntl(fd, F_GETLK, &l), 0);
        CHECK_EQ(l.l_type, F_WRLCK);
        CHECK_EQ(l.l_pid, owner);
        _exit(0);
    }
    t_child_ok(pid);
}

int main(void)
{
    static unsigned char in[WRITES][SIZE];
    unsigned char *out = t_pages(SIZE, 'r');
    for (long n = t_scale(40); n > 0; n--) {
        int file = t_file(0);
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", file);
        int fd = open(name, O_RDWR);
        CHECK(fd >= 0);
        struct aiocb cb[WRITES];
        for (int i = 0; i < WRITES; i++) {
            t_block(&cb[i], fd, out, SIZE, i * SIZE);
            CHECK_EQ(aio_write(&cb[i]), 0);
        }
        CHECK_EQ(close(fd), 0); /* the program's own close drops its locks: taken after it, they must stay */
        lock(file, F_WRLCK);
        for (int i = 0; i < WRITES; i++)
            t_wait(&cb[i]);
        check_locked(file, getpid());
        for (int i = 0; i < WRITES; i++)
            CHECK(aio_return(&cb[i]) == SIZE || aio_error(&cb[i]) == EBADF);
        for (int i = 0; i < WRITES; i++) { /* and without any close */
            t_block(&cb[i], file, i & 1 ? out : in[i], SIZE, i * SIZE);
            CHECK_EQ(i & 1 ? aio_write(&cb[i]) : aio_read(&cb[i]), 0);
        }
        for (int i = 0; i < WRITES; i++)
            t_wait(&cb[i]);
        check_locked(file, getpid());
        close(file);
    }
    t_figure(0, t_scale(40) * 2, "record locks dropped");
    return 0;
}
