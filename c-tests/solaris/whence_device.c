/* On a block device SEEK_END counts from its real size, where its inode says 0. */
#include "solaris.h"

#include <dirent.h>
#include <sys/ioctl.h>

/* A block device that can be opened for reading. */
static int device(void)
{
    DIR *dir = opendir("/sys/class/block");
    char name[300];
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        uint64_t bytes = 0;
        snprintf(name, sizeof name, "/dev/%s", entry->d_name);
        int fd = entry->d_name[0] == '.' ? -1 : open(name, O_RDONLY | O_CLOEXEC);
        struct stat st;
        if (fd >= 0 && fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && ioctl(fd, _IOR(0x12, 114, size_t), &bytes) == 0 &&
            bytes >= 8192)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    SKIP("no block device that can be read");
}

int main(void)
{
    static char in[4096] __attribute__((aligned(4096))), same[4096];
    int fd = device();
    aio_result_t r;
    off_t end = lseek(fd, 0, SEEK_END);
    CHECK_EQ(pread(fd, same, 4096, end - 4096), 4096);
    s_result(&r);
    CHECK_OK(aioread(fd, in, 4096, -4096, SEEK_END, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 4096, 0);
    CHECK_EQ(memcmp(in, same, 4096), 0);
    CHECK_OK(aioread(fd, in, 4096, 0, SEEK_END, &r));
    CHECK_PTR(s_take(), &r);
    CHECK_RESULT(&r, 0, 0);
    CHECK_ERR(aioread(fd, in, 4096, -end - 1, SEEK_END, &r), EINVAL);
    return 0;
}
