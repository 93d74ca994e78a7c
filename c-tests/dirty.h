/* How much of a file is in memory only, as the kernel counts it (cachestat(2), Linux 6.5). */
#ifndef UAIO_DIRTY_H
#define UAIO_DIRTY_H

#include "test.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* Pages that are not yet, or not yet wholly, on the disk. */
static inline long d_dirty(int fd)
{
    struct { uint64_t off, len; } range = { 0, 0 };
    struct { uint64_t cache, dirty, writeback, evicted, recently_evicted; } stat;
    if (syscall(SYS_cachestat, fd, &range, &stat, 0) != 0)
        SKIP("no cachestat here: %s", strerror(errno));
    return (long)(stat.dirty + stat.writeback);
}

/* Skips where a plain write leaves nothing to see: a filesystem in memory, or one that writes through. */
static inline void d_can_tell(void)
{
    enum { TRIES = 20 };
    static char bytes[1 << 16];
    bool seen = false;
    int fd = t_file(0);
    for (int i = 0; i < TRIES && !seen; i++) { /* the kernel may be quick to write them out */
        CHECK_EQ(pwrite(fd, bytes, sizeof bytes, 0), sizeof bytes);
        seen = d_dirty(fd) > 0;
    }
    CHECK_EQ(fsync(fd), 0);
    if (!seen || d_dirty(fd) > 0)
        SKIP("this filesystem does not tell what is only in memory");
    close(fd);
}

#endif
