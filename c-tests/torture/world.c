/* The 64 descriptors: made at the start, verified at the end. */
#include "torture.h"

#include <termios.h>

enum { HIGH = 300 }; /* our own descriptors stay above the numbers that are closed and reused */

static int high(int fd)
{
    if (fd < 0)
        give_up("a descriptor");
    int up = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
    if (up < 0)
        give_up("F_DUPFD");
    close(fd);
    return up;
}

static struct file *file_new(enum kind kind, const char *name, size_t bs, unsigned nblocks, bool grows)
{
    struct file *f = &run.file[run.nfile];
    f->id = run.nfile++;
    f->kind = kind;
    f->bs = bs;
    f->nblocks = nblocks;
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->path, sizeof f->path, "%s/%s", run.dir, name);
    pthread_mutex_init(&f->m, NULL);
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&f->order, &a);
    int fd = open(f->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        give_up(f->path);
    if (kind == DIRECT) {
        int direct = open(f->path, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (direct >= 0) { /* else: no O_DIRECT here, buffered then */
            close(fd);
            fd = direct;
        }
    }
    f->check = high(fd);
    if (nblocks)
        f->block = calloc(nblocks, sizeof *f->block);
    if (!grows && nblocks) {
        if (ftruncate(f->check, (off_t)(bs * nblocks)) != 0)
            give_up("ftruncate");
        atomic_store(&f->sure_size, (long)(bs * nblocks));
        atomic_store(&f->most_size, (long)(bs * nblocks));
    }
    return f;
}

static struct slot *slot_new(enum kind kind, const char *name, int flags)
{
    struct slot *s = &run.slot[run.nslot];
    s->index = run.nslot++;
    s->kind = kind;
    s->flags = flags;
    s->keep = s->fd = -1;
    snprintf(s->name, sizeof s->name, "%s (slot %d)", name, s->index);
    pthread_rwlock_init(&s->lock, NULL);
    pthread_mutex_init(&s->hm, NULL);
    return s;
}

static void file_slots(struct file *f, int n, int flags)
{
    for (int i = 0; i < n; i++) {
        if (f->kind == DIRECT && (fcntl(f->check, F_GETFL) & O_DIRECT))
            flags |= O_DIRECT;
        struct slot *s = slot_new(f->kind, f->name, flags);
        s->file = f;
        snprintf(s->path, sizeof s->path, "%s", f->path);
        s->fd = slot_open(s);
    }
}

static void chan_new(struct slot *w, struct slot *r, bool message, size_t max_write, bool nonblock)
{
    struct chan *c = &run.chan[run.nchan];
    c->id = run.nchan++;
    c->w = w;
    c->r = r;
    w->wr = c;
    r->rd = c;
    c->message = message;
    c->max_write = max_write;
    c->nonblock = nonblock;
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&c->wl, &a);
    pthread_mutex_init(&c->rl, &a);
    pthread_mutex_init(&c->m, NULL);
}

static struct slot *stream_slot(const char *name, int fd, int flags, const char *path)
{
    struct slot *s = slot_new(STREAM, name, flags);
    s->keep = high(fd);
    if (path)
        snprintf(s->path, sizeof s->path, "%s", path);
    s->fd = slot_open(s);
    return s;
}

static void make_pipe(int i, bool nonblock)
{
    int p[2];
    char name[24];
    snprintf(name, sizeof name, "pipe %d", i);
    if (pipe2(p, O_CLOEXEC | (nonblock ? O_NONBLOCK : 0)) != 0)
        give_up("pipe2");
    struct slot *r = stream_slot(name, p[0], O_RDONLY, NULL), *w = stream_slot(name, p[1], O_WRONLY, NULL);
    chan_new(w, r, false, 1 << 20, nonblock);
}

static void make_fifo(int i)
{
    char name[24], path[300];
    snprintf(name, sizeof name, "fifo %d", i);
    snprintf(path, sizeof path, "%s/fifo-%d", run.dir, i);
    if (mkfifo(path, 0600) != 0)
        give_up(path);
    int r = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), w = open(path, O_WRONLY | O_CLOEXEC);
    struct slot *rs = stream_slot(name, r, O_RDONLY, path), *ws = stream_slot(name, w, O_WRONLY, path);
    chan_new(ws, rs, false, 1 << 20, false);
}

/* Under glibc a pending read blocks every write on its descriptor: one direction only. */
static void make_socket(int i, int type)
{
    int p[2];
    char name[24];
    const char *what = type == SOCK_STREAM ? "socket" : type == SOCK_DGRAM ? "dgram" : "seqpacket";
    snprintf(name, sizeof name, "%s %d", what, i);
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, p) != 0)
        give_up("socketpair");
    struct slot *a = stream_slot(name, p[0], O_RDWR, NULL), *b = stream_slot(name, p[1], O_RDWR, NULL);
    size_t most = type == SOCK_STREAM ? 1 << 20 : 4000;
    chan_new(a, b, type != SOCK_STREAM, most, false);
    if (!run.glibc)
        chan_new(b, a, type != SOCK_STREAM, most, false);
}

static void make_tty(int i)
{
    char name[24], path[100];
    struct termios raw;
    snprintf(name, sizeof name, "tty %d", i);
    int m = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (m < 0 || grantpt(m) != 0 || unlockpt(m) != 0 || ptsname_r(m, path, sizeof path) != 0)
        give_up("posix_openpt");
    int s = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (s < 0 || tcgetattr(s, &raw) != 0)
        give_up("a terminal");
    cfmakeraw(&raw);
    if (tcsetattr(s, TCSANOW, &raw) != 0)
        give_up("tcsetattr");
    const char *again = pick(run.thread[0], 2) ? path : NULL; /* opened anew, or duplicated */
    struct slot *ms = stream_slot(name, m, O_RDWR, NULL), *ss = stream_slot(name, s, O_RDWR, again);
    chan_new(ms, ss, false, 4096, false);
    if (!run.glibc)
        chan_new(ss, ms, false, 4096, false);
}

static void make_device(char c, const char *path)
{
    struct slot *s = slot_new(DEVICE, path, O_RDWR);
    s->device = c;
    snprintf(s->path, sizeof s->path, "%s", path);
    s->fd = slot_open(s);
}

void world_make(void)
{
    /* The first twelve slots are readable regular ones (children.c reads there). */
    struct file *first = file_new(REGULAR, "regular-1000", 1000, 512, false);
    file_slots(first, 2, O_RDWR);
    struct file *second = file_new(REGULAR, "regular-4096", 4096, 512, false);
    file_slots(second, 2, O_RDWR);
    file_slots(file_new(REGULAR, "regular-512", 512, 1024, false), 2, O_RDWR);
    file_slots(file_new(REGULAR, "growing-3000", 3000, 512, true), 2, O_RDWR);
    file_slots(file_new(REGULAR, "regular-8192", 8192, 384, false), 2, O_RDWR);
    file_slots(file_new(REGULAR, "growing-4096", 4096, 512, true), 2, O_RDWR);
    file_slots(first, 1, O_RDONLY);
    file_slots(second, 1, O_WRONLY);
    file_slots(file_new(DIRECT, "direct-a", 4096, 512, false), 2, O_RDWR);
    file_slots(file_new(DIRECT, "direct-b", 4096, 256, false), 1, O_RDWR);
    file_slots(file_new(DIRECT, "direct-c", 8192, 256, false), 2, O_RDWR);
    file_slots(file_new(DIRECT, "direct-d", 8192, 128, false), 1, O_RDWR);
    for (int i = 0; i < 4; i++) {
        char name[24];
        snprintf(name, sizeof name, "append-%d", i);
        struct file *f = file_new(APPEND, name, 0, 0, true);
        f->ticketed = i < 2;
        file_slots(f, 1, O_RDWR | O_APPEND);
    }
    for (int i = 0; i < 4; i++)
        make_pipe(i, i == 3);
    for (int i = 0; i < 3; i++)
        make_fifo(i);
    for (int i = 0; i < 3; i++)
        make_socket(i, SOCK_STREAM);
    for (int i = 0; i < 2; i++)
        make_socket(i, SOCK_DGRAM);
    for (int i = 0; i < 2; i++)
        make_socket(i, SOCK_SEQPACKET);
    for (int i = 0; i < 3; i++)
        make_tty(i);
    for (int i = 0; i < 2; i++) {
        make_device('z', "/dev/zero");
        make_device('n', "/dev/null");
        make_device('f', "/dev/full");
    }
    if (run.nslot != SLOTS)
        give_up("the number of slots");
}

void world_verify(void)
{
    for (int i = 0; i < run.nfile; i++)
        if (run.file[i].kind == APPEND)
            append_turn(&run.file[i], true);
        else
            file_verify(&run.file[i]);
    for (int i = 0; i < run.nchan; i++)
        stream_verify_end(&run.chan[i]);
}

void world_remove(void)
{
    char path[300];
    for (int i = 0; i < run.nslot; i++)
        if (run.slot[i].fd >= 0)
            close(run.slot[i].fd);
    for (int i = 0; i < run.nfile; i++)
        unlink(run.file[i].path);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/fifo-%d", run.dir, i);
        unlink(path);
    }
    for (int i = 0; i < run.nthreads; i++)
        unlink(run.thread[i]->decoy_path);
    rmdir(run.dir);
}
