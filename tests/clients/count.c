/* A preload that counts the requests a program makes, in glibc's place or before libuaio.so, and passes them on.
 *
 * The counters lie in the file that CLIENTS_COUNTS names, shared by all processes of the program: the counts of one
 * that ends by _exit or by a signal are there, too. */
#define _GNU_SOURCE
#include <aio.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* As `run` reads them. */
enum { READS, WRITES, SYNCS, REFUSED, CANCELS, SUSPENDS, LISTS, COUNTERS };

static _Atomic uint64_t nowhere[COUNTERS];
static _Atomic uint64_t *counters = nowhere;

__attribute__((constructor)) static void open_counters(void) {
    const char *path = getenv("CLIENTS_COUNTS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *there = mmap(NULL, sizeof nowhere, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (there != MAP_FAILED)
        counters = there;
    close(fd);
}

static void count(int which) {
    atomic_fetch_add_explicit(&counters[which], 1, memory_order_relaxed);
}

/* The next function of that name; looked for once per call site, and harmlessly twice by two threads. */
#define NEXT(name)                                                                                                     \
    static __typeof__(name) *_Atomic found;                                                                            \
    __typeof__(name) *next = found;                                                                                    \
    if (!next)                                                                                                         \
        found = next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define TRANSFER(name, block, which)                                                                                   \
    int name(struct block *cb) {                                                                                       \
        NEXT(name);                                                                                                    \
        int result = next(cb);                                                                                         \
        count(result == 0 ? which : REFUSED);                                                                          \
        return result;                                                                                                 \
    }

#define SYNC(name, block)                                                                                              \
    int name(int op, struct block *cb) {                                                                               \
        NEXT(name);                                                                                                    \
        int result = next(op, cb);                                                                                     \
        count(result == 0 ? SYNCS : REFUSED);                                                                          \
        return result;                                                                                                 \
    }

#define CANCEL(name, block)                                                                                            \
    int name(int fd, struct block *cb) {                                                                               \
        NEXT(name);                                                                                                    \
        count(CANCELS);                                                                                                \
        return next(fd, cb);                                                                                           \
    }

#define SUSPEND(name, block)                                                                                           \
    int name(const struct block *const list[], int count_of, const struct timespec *timeout) {                         \
        NEXT(name);                                                                                                    \
        count(SUSPENDS);                                                                                               \
        return next(list, count_of, timeout);                                                                          \
    }

#define LIST(name, block)                                                                                              \
    int name(int mode, struct block *const list[], int count_of, struct sigevent *event) {                             \
        NEXT(name);                                                                                                    \
        count(LISTS);                                                                                                  \
        return next(mode, list, count_of, event);                                                                      \
    }

#define BOTH(kind, name, ...)                                                                                          \
    kind(name, aiocb __VA_OPT__(, ) __VA_ARGS__)                                                                      \
    kind(name##64, aiocb64 __VA_OPT__(, ) __VA_ARGS__)

BOTH(TRANSFER, aio_read, READS)
BOTH(TRANSFER, aio_write, WRITES)
BOTH(SYNC, aio_fsync)
BOTH(CANCEL, aio_cancel)
BOTH(SUSPEND, aio_suspend)
BOTH(LIST, lio_listio)
