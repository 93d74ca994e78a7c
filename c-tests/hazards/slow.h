/* A FUSE file served by a child process, which holds back the answers to reads and writes until it is told: the one
 * way to have a regular file on which a request is known to be unfinished. Needs root; skips without. */
#ifndef UAIO_SLOW_H
#define UAIO_SLOW_H

#include "test.h"
#include <linux/fuse.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>

enum { S_SIZE = 1 << 20, S_HELD = 4096 };

struct slow {
    atomic_long hold_below;      /* reads and writes at offsets below this are not answered */
    atomic_long reads, writes;   /* arrived so far */
    unsigned char data[S_SIZE];  /* what was written; reads give it */
};

static struct slow *slow;
static pid_t s_server;

struct s_pending {
    struct fuse_in_header head;
    uint64_t offset;
    uint32_t size;
    bool write;
};

static void s_answer(int dev, uint64_t unique, int error, const void *body, size_t n)
{
    struct fuse_out_header out = { (uint32_t)(sizeof out + n), -error, unique };
    static unsigned char packet[sizeof out + S_SIZE];
    memcpy(packet, &out, sizeof out);
    if (n > 0)
        memcpy(packet + sizeof out, body, n);
    if (write(dev, packet, sizeof out + n) < 0 && errno != ENOENT)
        _exit(errno == ENODEV ? 0 : 3);
}

static struct fuse_attr s_attr(uint64_t node)
{
    return (struct fuse_attr) { .ino = node, .size = node == 1 ? 0 : S_SIZE, .blksize = 4096, .nlink = 1,
                                .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0666 };
}

static void s_finish(int dev, const struct s_pending *p)
{
    if (p->write) {
        struct fuse_write_out out = { .size = p->size };
        s_answer(dev, p->head.unique, 0, &out, sizeof out);
    } else {
        size_t n = p->offset >= S_SIZE ? 0 : p->size > S_SIZE - p->offset ? S_SIZE - p->offset : p->size;
        s_answer(dev, p->head.unique, 0, slow->data + p->offset, n);
    }
}

static void s_handle(int dev, unsigned char *in, struct s_pending *held, int *count)
{
    struct fuse_in_header *head = (void *)in;
    void *arg = head + 1;
    struct fuse_entry_out entry = { .nodeid = 2, .attr = s_attr(2), .entry_valid = 1000, .attr_valid = 1000 };
    struct fuse_attr_out attr = { .attr = s_attr(head->nodeid), .attr_valid = 1000 };
    struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO | (1 << 6 /* parallel direct writes */) };
    struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 1 << 17, .max_background = 1000,
                                  .congestion_threshold = 1000, .max_readahead = 1 << 17, .flags = FUSE_BIG_WRITES };
    struct fuse_read_in *r = arg;   /* the members used are where fuse_write_in has them */
    struct s_pending p = { *head, 0, 0, head->opcode == FUSE_WRITE };
    switch (head->opcode) {
    case FUSE_INIT: s_answer(dev, head->unique, 0, &init, sizeof init); break;
    case FUSE_LOOKUP: s_answer(dev, head->unique, strcmp(arg, "file") ? ENOENT : 0, &entry, strcmp(arg, "file") ? 0 : sizeof entry); break;
    case FUSE_GETATTR: case FUSE_SETATTR: s_answer(dev, head->unique, 0, &attr, sizeof attr); break;
    case FUSE_OPEN: case FUSE_OPENDIR: s_answer(dev, head->unique, 0, &opened, sizeof opened); break;
    case FUSE_FLUSH: case FUSE_RELEASE: case FUSE_RELEASEDIR: case FUSE_FSYNC: s_answer(dev, head->unique, 0, NULL, 0); break;
    case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT: break;
    case FUSE_READ: case FUSE_WRITE:
        p.offset = r->offset, p.size = r->size;
        if (p.write && p.offset + p.size <= S_SIZE)
            memcpy(slow->data + p.offset, in + sizeof *head + sizeof(struct fuse_write_in), p.size);
        atomic_fetch_add(p.write ? &slow->writes : &slow->reads, 1);
        if ((long)p.offset < atomic_load(&slow->hold_below) && *count < S_HELD)
            held[(*count)++] = p;
        else
            s_finish(dev, &p);
        break;
    default: s_answer(dev, head->unique, ENOSYS, NULL, 0);
    }
}

static void s_serve(int dev)
{
    static unsigned char in[(1 << 17) + 65536] __attribute__((aligned(8)));
    static struct s_pending held[S_HELD];
    int count = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct pollfd p = { dev, POLLIN, 0 };
        poll(&p, 1, count > 0 ? 1 : -1);
        for (int i = 0; i < count;)
            if ((long)held[i].offset >= atomic_load(&slow->hold_below)) {
                s_finish(dev, &held[i]);
                memmove(&held[i], &held[i + 1], (size_t)(--count - i) * sizeof *held);
            } else {
                i++;
            }
        if (p.revents == 0)
            continue;
        ssize_t n = read(dev, in, sizeof in);
        if (n < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
            continue;
        if (n < (ssize_t)sizeof(struct fuse_in_header))
            _exit(0); /* unmounted */
        s_handle(dev, in, held, &count);
    }
}

/* Mounts it; `slow` is shared with the server. The file is "slow/file". To be called before any thread exists. */
static inline void s_mount(void)
{
    slow = mmap(NULL, sizeof *slow, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(slow != MAP_FAILED);
    t_pattern(slow->data, S_SIZE, 0, 0);
    int dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (dev < 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0)
        SKIP("needs root and /dev/fuse");
    char options[100];
    CHECK(mkdir("slow", 0755) == 0 || errno == EEXIST);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u", dev, getuid(), getgid());
    if (mount("uaio-test", "slow", "fuse", MS_NOSUID | MS_NODEV, options) != 0)
        SKIP("cannot mount FUSE: %s", strerror(errno));
    s_server = fork();
    CHECK(s_server >= 0);
    if (s_server == 0)
        s_serve(dev);
    close(dev);
}

static inline int s_open(int flags)
{
    int fd = open("slow/file", O_RDWR | flags);
    CHECK(fd >= 0);
    return fd;
}

static inline void s_hold(long below)
{
    atomic_store(&slow->hold_below, below);
}

/* Until the server has seen that many reads or writes. */
static inline void s_arrived(atomic_long *counter, long n)
{
    while (atomic_load(counter) < n)
        usleep(200);
}

static inline void s_unmount(void)
{
    CHECK_EQ(umount2("slow", MNT_DETACH), 0);
    int status;
    waitpid(s_server, &status, 0);
}

#endif
