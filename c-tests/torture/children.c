/* fork while everything runs. The child looks at the blocks it inherited, does AIO of its own on a file
 * of its own, and its exit status is the verdict; the parent then reads that file. */
#include "torture.h"

#include <spawn.h>

enum { CHILD_BS = 4096, CHILD_BLOCKS = 32 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true; /* its locks do not survive a fork from several threads */
#else
static const bool sanitized = false;
#endif

static void child_fill(u64 key, unsigned b, void *to)
{
    u64 *w = to, x = mix(key << 8 | b);
    for (size_t i = 0; i < CHILD_BS / 8; i++)
        w[i] = x + i * 0x9e3779b97f4a7c15u;
}

static void wait_for(struct aiocb *cb, const char *what, ssize_t want)
{
    const struct aiocb *list[1] = { cb };
    int e;
    while ((e = aio_error(cb)) == EINPROGRESS)
        if (aio_suspend(list, 1, NULL) != 0 && errno != EINTR)
            differ(NULL, NULL, "%s: aio_suspend: %s", what, error_name(errno));
    ssize_t n = aio_return(cb);
    if (e != 0 || n != want)
        differ(NULL, NULL, "%s: %s, %zd, expected %zd", what, error_name(e), n, want);
    errno = 0;
    if (aio_return(cb) != -1 || errno != EINVAL)
        differ(NULL, NULL, "%s: the second aio_return gave something", what);
}

/* The parent's requests: those in flight are nobody's here, the finished ones give their result once. */
static void inherited(struct thread *t, const int *before)
{
    for (unsigned i = 0; i < t->nlive; i++) {
        struct req *r = t->live[i];
        const struct aiocb *list[1] = { &r->cb };
        if (r->refuse)
            continue;
        errno = 0;
        int e = aio_error(&r->cb), err = errno;
        if (r->state == REAPED) {
            if (e != r->err)
                differ(r, NULL, "reaped with %s before the fork, in the child aio_error says %s", error_name(r->err),
                       error_name(e));
            continue;
        }
        if (e == EINPROGRESS || (e == -1 && err != EINVAL))
            differ(r, NULL, "in the child aio_error of the parent's request says %s/%s", error_name(e), error_name(err));
        if (before[i] != EINPROGRESS && e != before[i])
            differ(r, NULL, "finished with %s before the fork, in the child aio_error says %s", error_name(before[i]),
                   error_name(e));
        if (aio_suspend(list, 1, NULL) != 0)
            differ(r, NULL, "in the child aio_suspend of the parent's request: %s", error_name(errno));
        if (e == -1) {
            int rc = aio_cancel(r->set.aio_fildes, &r->cb);
            if (rc == AIO_CANCELED || rc == AIO_NOTCANCELED)
                differ(r, NULL, "in the child aio_cancel of the parent's request says %d", rc);
        }
        errno = 0;
        ssize_t n = aio_return(&r->cb);
        if (e == 0 ? n < 0 : n != -1)
            differ(r, NULL, "in the child aio_error says %s, aio_return %zd", error_name(e), n);
        errno = 0;
        n = aio_return(&r->cb);
        if (n != -1 || errno != EINVAL)
            differ(r, NULL, "in the child the second aio_return says %zd/%s", n, error_name(errno));
    }
}

/* A descriptor on which the parent has requests serves the child as well. */
static void read_shared(struct thread *t, struct slot *s)
{
    struct file *f = s->file;
    unsigned per = f->nblocks / (unsigned)run.nthreads, b = per * (unsigned)t->index + pick(t, per);
    u64 got[MAX_BS / 8], least[MAX_BS / 8];
    u32 v = atomic_load(&f->block[b].committed);
    if (f->block[b].busy || v == 0 || atomic_load(&f->sure_size) < (long)((b + 1) * f->bs))
        return;
    struct aiocb cb;
    t_block(&cb, s->fd, got, f->bs, (off_t)(b * f->bs));
    if (aio_read(&cb) != 0)
        differ(NULL, NULL, "aio_read on an inherited descriptor: %s", error_name(errno));
    wait_for(&cb, "a read on an inherited descriptor", (ssize_t)f->bs);
    block_fill(f, b, v, least); /* the parent may have written it again meanwhile */
    if (got[0] != least[0] || got[1] != least[1] || got[2] < v)
        differ(NULL, NULL,
               "block %u of %s in the child begins %016llx %016llx %016llx, expected a stamp of version %u or later", b,
               f->name, (unsigned long long)got[0], (unsigned long long)got[1], (unsigned long long)got[2], v);
}

static void own_pipe(struct thread *t)
{
    int p[2];
    char in[64], out[64];
    struct aiocb rd, wr;
    if (pipe(p) != 0)
        give_up("pipe");
    t_fill(out, sizeof out, rnd(t));
    t_block(&rd, p[0], in, sizeof in, 0);
    if (aio_read(&rd) != 0)
        differ(NULL, NULL, "aio_read on a pipe: %s", error_name(errno));
    int rc = aio_cancel(p[0], &rd), e = aio_error(&rd);
    if (rc != AIO_CANCELED || e != ECANCELED || aio_return(&rd) != -1)
        differ(NULL, NULL, "a blocked read: aio_cancel says %d, aio_error %s", rc, error_name(e));
    t_block(&rd, p[0], in, sizeof in, 0);
    t_block(&wr, p[1], out, sizeof out, 0);
    if (aio_read(&rd) != 0 || aio_write(&wr) != 0)
        differ(NULL, NULL, "AIO on a pipe: %s", error_name(errno));
    wait_for(&wr, "a write to a pipe", sizeof out);
    wait_for(&rd, "a read from a pipe", sizeof in);
    if (memcmp(in, out, sizeof in) != 0)
        differ(NULL, NULL, "a pipe gave other bytes");
    close(p[0]);
    close(p[1]);
}

/* Writes `blocks` blocks; the last ones are left to exit if `leave`. */
static void own_file(struct thread *t, const char *path, u64 key, unsigned blocks, bool leave)
{
    static struct aiocb cb[CHILD_BLOCKS];
    static u64 buf[CHILD_BLOCKS][CHILD_BS / 8], back[CHILD_BS / 8];
    struct aiocb *list[CHILD_BLOCKS], sync;
    unsigned nlist = 0, left = leave ? blocks / 4 : 0;
    bool noted[CHILD_BLOCKS] = { false };
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), other = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || other < 0)
        give_up(path);
    for (unsigned b = 0; b < blocks - left; b++) {
        child_fill(key, b, buf[b]);
        t_block(&cb[b], pick(t, 2) ? fd : other, buf[b], CHILD_BS, (off_t)b * CHILD_BS);
        enum note note = b < 2 ? NOTE_RESTART + pick(t, 4) : NOTE_NONE;
        if (note == NOTE_WAITED) /* blocked here, and the thread that takes it is the parent's */
            note = NOTE_NONE;
        notify_fill(t, &cb[b].aio_sigevent, note, VALUE_CHILD | (u64)b);
        noted[b] = note != NOTE_NONE;
        cb[b].aio_lio_opcode = LIO_WRITE;
        if (pick(t, 3) == 0)
            list[nlist++] = &cb[b];
        else if (aio_write(&cb[b]) != 0)
            differ(NULL, NULL, "aio_write of block %u: %s", b, error_name(errno));
    }
    if (nlist && lio_listio(LIO_NOWAIT, list, (int)nlist, NULL) != 0)
        differ(NULL, NULL, "lio_listio of %u: %s", nlist, error_name(errno));
    t_block(&sync, fd, NULL, 0, 0);
    if (aio_fsync(O_DSYNC, &sync) != 0)
        differ(NULL, NULL, "aio_fsync: %s", error_name(errno));
    if (pick(t, 2)) /* what was accepted lands in the file all the same */
        close(other);
    wait_for(&sync, "a sync", 0);
    for (unsigned b = 0; b < blocks - left; b++) {
        if (aio_error(&cb[b]) == EINPROGRESS)
            differ(NULL, NULL, "block %u is in progress after the sync", b);
        wait_for(&cb[b], "a write", CHILD_BS);
    }
    for (unsigned b = 0; b < blocks - left; b++) {
        t_block(&sync, fd, back, CHILD_BS, (off_t)b * CHILD_BS);
        if (aio_read(&sync) != 0)
            differ(NULL, NULL, "aio_read: %s", error_name(errno));
        wait_for(&sync, "a read", CHILD_BS);
        if (memcmp(back, buf[b], CHILD_BS) != 0)
            differ(NULL, NULL, "block %u reads back differently", b);
        while (noted[b] && !notify_child_seen(b))
            usleep(500);
    }
    for (unsigned b = blocks - left; b < blocks; b++) {
        child_fill(key, b, buf[b]);
        t_block(&cb[b], fd, buf[b], CHILD_BS, (off_t)b * CHILD_BS);
        if (aio_write(&cb[b]) != 0)
            differ(NULL, NULL, "aio_write of block %u: %s", b, error_name(errno));
    }
}

static _Noreturn void child_main(struct thread *t, const int *before, struct slot *shared, const char *path, u64 key,
                                 unsigned blocks)
{
    notify_child_start();
    t->rng ^= key;
    t->tid = gettid();
    if (run.glibc)
        _exit(0); /* its AIO does not survive fork */
    if (pick(t, 2))
        inherited(t, before);
    if (sanitized)
        _exit(0);
    if (shared && pick(t, 2))
        read_shared(t, shared);
    if (pick(t, 4) == 0)
        close_range(3, ~0u, 0);
    if (pick(t, 2))
        own_pipe(t);
    bool leave = pick(t, 4) == 0;
    own_file(t, path, key, blocks, leave);
    if (pick(t, 2))
        own_pipe(t);
    if (!leave && pick(t, 8) == 0) {
        char deeper[320];
        snprintf(deeper, sizeof deeper, "%s-deeper", path);
        pid_t pid = fork();
        if (pid == 0) {
            t->tid = gettid();
            notify_child_start();
            own_file(t, deeper, key + 1, 4, false);
            _exit(0);
        }
        int status = -1;
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        unlink(deeper);
        if (status != 0)
            differ(NULL, NULL, "a grandchild ended with status %x", (unsigned)status);
    }
    if (leave)
        exit(0); /* finishes what was accepted */
    _exit(0);
}

static pid_t spawn(struct thread *t)
{
    posix_spawn_file_actions_t fa;
    pid_t pid;
    char *argv[] = { (char *)"true", NULL };
    posix_spawn_file_actions_init(&fa);
    for (int i = 0; i < 4; i++) { /* closes in a child that shares our memory but not our descriptors */
        struct slot *s = &run.slot[pick(t, (unsigned)run.nslot)];
        if (pthread_rwlock_tryrdlock(&s->lock) != 0)
            continue;
        posix_spawn_file_actions_addclose(&fa, s->fd);
        pthread_rwlock_unlock(&s->lock);
    }
    int e = posix_spawnp(&pid, "true", &fa, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&fa);
    errno = e;
    if (e)
        give_up("posix_spawn");
    return pid;
}

void do_fork(struct thread *t)
{
    if (t->nchild == CHILDREN)
        return;
    struct child *c = &t->child[t->nchild];
    int before[REQS];
    u64 key = rnd(t) >> 8;
    c->spawned = pick(t, 6) == 0;
    c->blocks = 4 + pick(t, CHILD_BLOCKS - 4);
    snprintf(c->path, sizeof c->path, "%s/child-%d-%u", run.dir, t->index, t->childno++);
    atomic_store(&t->beat, t_now());
    atomic_store(&t->doing, c->spawned ? "in posix_spawn" : "in fork");
    if (c->spawned) {
        c->pid = spawn(t);
    } else {
        struct slot *s = &run.slot[pick(t, 12)];
        if (pthread_rwlock_tryrdlock(&s->lock) != 0)
            s = NULL;
        for (unsigned i = 0; i < t->nlive; i++)
            before[i] = t->live[i]->refuse ? EINVAL : error_of(t->live[i]);
        c->pid = fork();
        if (c->pid == 0)
            child_main(t, before, s, c->path, key, c->blocks);
        if (s)
            pthread_rwlock_unlock(&s->lock);
        if (c->pid < 0)
            give_up("fork");
    }
    atomic_store(&t->doing, "running");
    c->key = key;
    c->t0 = t_now();
    t->nchild++;
    COUNT(forks);
}

static void verify_child_file(struct child *c)
{
    u64 got[CHILD_BS / 8], want[CHILD_BS / 8];
    int fd = open(c->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        give_up(c->path);
    for (unsigned b = 0; b < c->blocks; b++) {
        child_fill(c->key, b, want);
        ssize_t n = pread(fd, got, CHILD_BS, (off_t)b * CHILD_BS);
        if (n != CHILD_BS || memcmp(got, want, CHILD_BS) != 0)
            differ(NULL, NULL, "block %u of %u of %s is wrong after the child's exit (%zd bytes)", b, c->blocks, c->path,
                   n);
    }
    close(fd);
    unlink(c->path);
}

void children_poll(struct thread *t)
{
    for (unsigned i = t->nchild; i-- > 0;) {
        struct child *c = &t->child[i];
        int status;
        pid_t pid = waitpid(c->pid, &status, WNOHANG);
        if (pid == 0 || (pid < 0 && errno == EINTR)) {
            if (t_now() - c->t0 <= run.hang)
                continue;
            fprintf(stderr, "\nchild %d (%s) still lives:\n", (int)c->pid, c->spawned ? "spawned" : "forked");
            describe_tasks(c->pid);
            if (!run.keep)
                kill(c->pid, SIGKILL);
            differ(NULL, NULL, "a child hung for %.0f s", run.hang);
        }
        if (pid < 0)
            give_up("waitpid");
        if (status != 0)
            differ(NULL, NULL, "child %d (%s) ended with status %x", (int)pid, c->spawned ? "spawned" : "forked",
                   (unsigned)status);
        if (!c->spawned && !run.glibc && !sanitized)
            verify_child_file(c);
        *c = t->child[--t->nchild];
    }
}
