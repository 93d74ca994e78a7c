/* A block device, buffered and with O_DIRECT: what is written is read back, its end is the end of file and ENOSPC. */
#include "test.h"
#include <linux/loop.h>
#include <sys/ioctl.h>

enum { SIZE = 1 << 20, PART = 65536 };

static ssize_t done(int (*call)(struct aiocb *), int fd, void *buf, size_t n, off_t off)
{
    struct aiocb cb;
    t_block(&cb, fd, buf, n, off);
    CHECK_OK(call(&cb));
    return t_finish(&cb);
}

static void use(const char *name, int flags)
{
    struct aiocb cb;
    int fd = open(name, O_RDWR | flags);
    unsigned char *buf = t_pages(PART, 0);
    CHECK(fd >= 0);
    for (off_t off = 0; off < SIZE; off += PART) {
        t_pattern(buf, PART, off, (unsigned)flags);
        CHECK_EQ(done(aio_write, fd, buf, PART, off), PART);
    }
    t_block(&cb, fd, NULL, 0, 0);
    CHECK_OK(aio_fsync(O_SYNC, &cb));
    CHECK_EQ(t_finish(&cb), 0);
    for (off_t off = 0; off < SIZE; off += PART) {
        memset(buf, 0, PART);
        CHECK_EQ(done(aio_read, fd, buf, PART, off), PART);
        CHECK(t_same(buf, PART, off, (unsigned)flags));
    }
    CHECK_EQ(done(aio_read, fd, buf, PART, SIZE - 4096), 4096);
    CHECK_EQ(done(aio_read, fd, buf, PART, SIZE), 0);
    t_pattern(buf, PART, SIZE - 4096, (unsigned)flags);
    CHECK_EQ(done(aio_write, fd, buf, PART, SIZE - 4096), 4096);
    t_block(&cb, fd, buf, PART, SIZE);
    CHECK_OK(aio_write(&cb));
    CHECK_EQ(t_wait(&cb), ENOSPC);
    CHECK_EQ(aio_return(&cb), -1);
    CHECK_EQ(close(fd), 0);
}

int main(void)
{
    char name[32];
    int control = open("/dev/loop-control", O_RDWR), file = t_file(0), device = -1;
    CHECK_EQ(ftruncate(file, SIZE), 0);
    for (int tries = 0; control >= 0 && device < 0 && tries < 20; tries++) { /* others may take the free one first */
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        struct loop_config config = { .fd = (unsigned)file, .info.lo_flags = LO_FLAGS_AUTOCLEAR };
        snprintf(name, sizeof name, "/dev/loop%d", number);
        device = number < 0 ? -1 : open(name, O_RDWR | O_CLOEXEC);
        if (device >= 0 && ioctl(device, LOOP_CONFIGURE, &config) != 0) {
            close(device);
            device = -1;
        }
    }
    if (device < 0)
        SKIP("no loop device can be had: %s", strerror(errno));
    use(name, 0);
    use(name, O_DIRECT);
    return 0;
}
