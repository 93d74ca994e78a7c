/* What files must contain.
 *
 * Regular and direct files consist of blocks; each thread writes only blocks of its own quarter, and
 * at most one write per block is in flight. A block's content is a function of (file, block,
 * version), version 0 is all zero. `committed` is the version that was last seen finished, `issued`
 * the last one given to the library, so a read may return any version from what was committed at its
 * submission up to what was issued when its result is looked at, except cancelled ones.
 *
 * Append files consist of records that say who submitted them as the how-manieth. */
#include "torture.h"

static const u64 MAGIC = 0x55a1000000000000u;

void block_fill(const struct file *f, unsigned b, u32 v, void *to)
{
    u64 *w = to;
    size_t n = f->bs / 8;
    if (v == 0) {
        memset(to, 0, f->bs);
        return;
    }
    w[0] = MAGIC | (unsigned)f->id;
    w[1] = b;
    w[2] = v;
    u64 x = mix((u64)f->id << 56 ^ (u64)b << 32 ^ v);
    for (size_t i = 3; i < n; i++)
        w[i] = x + i * 0x9e3779b97f4a7c15u;
}

static void raise_to(_Atomic long *p, long v)
{
    long old = atomic_load(p);
    while (old < v && !atomic_compare_exchange_weak(p, &old, v))
        ;
}

static u32 issue(struct block *b)
{
    u32 v = atomic_load(&b->issued) + 1;
    atomic_fetch_and(&b->cancelled, ~((u64)1 << (v % 64)));
    atomic_store(&b->issued, v);
    b->busy = true;
    return v;
}

static void withdraw(struct block *b, u32 v)
{
    atomic_fetch_or(&b->cancelled, (u64)1 << (v % 64));
    b->busy = false;
}

bool file_prepare(struct thread *t, struct req *r, struct slot *s, bool write)
{
    struct file *f = s->file;
    unsigned per = f->nblocks / (unsigned)run.nthreads, base = per * (unsigned)t->index;
    unsigned most = pick(t, 8) ? 4 : MAX_BLOCKS, len = 1 + pick(t, most);
    r->file = f;
    if ((write && !(s->flags & (O_WRONLY | O_RDWR))) || (!write && (s->flags & O_WRONLY))) {
        r->expect = EBADF; /* wrong access mode: says the request, not the call */
        r->nblk = 0;
        request_block(r, s->fd, buffer_new(f->bs), f->bs, 0, write ? LIO_WRITE : LIO_READ);
        return true;
    }
    if (pick(t, 200) == 0) {
        request_block(r, s->fd, buffer_new(8), 0, (off_t)f->bs * pick(t, f->nblocks), write ? LIO_WRITE : LIO_READ);
        return true;
    }
    bool hot = pick(t, 3) == 0; /* some blocks are written over and over */
    if (write) {
        unsigned from = base + pick(t, hot ? 8 : per), n = 0;
        while (n < len && from + n < base + per && !f->block[from + n].busy)
            n++;
        if (n == 0)
            return false;
        r->first = from;
        r->nblk = n;
        u8 *buf = buffer_new(n * f->bs);
        for (unsigned i = 0; i < n; i++) {
            r->ver[i] = issue(&f->block[from + i]);
            block_fill(f, from + i, r->ver[i], buf + i * f->bs);
        }
        raise_to(&f->most_size, (long)((from + n) * f->bs));
        request_block(r, s->fd, buf, n * f->bs, (off_t)(from * f->bs), LIO_WRITE);
        return true;
    }
    unsigned from = hot ? per * pick(t, (unsigned)run.nthreads) + pick(t, 8) : pick(t, f->nblocks);
    size_t off = from * f->bs, n = len * f->bs;
    if (f->kind == REGULAR && pick(t, 3) == 0) { /* anywhere, any length */
        off += pick(t, (unsigned)f->bs);
        n = 1 + pick(t, (unsigned)n);
    }
    if (off + n > (from + MAX_BLOCKS) * f->bs)
        n = (from + MAX_BLOCKS) * f->bs - off;
    r->first = from;
    r->nblk = (unsigned)((off + n + f->bs - 1) / f->bs) - from;
    r->sure = atomic_load(&f->sure_size);
    for (unsigned i = 0; i < r->nblk; i++)
        r->ver[i] = from + i < f->nblocks ? atomic_load(&f->block[from + i].committed) : 0;
    request_block(r, s->fd, buffer_new(n), n, (off_t)off, LIO_READ);
    return true;
}

void file_dropped(struct req *r)
{
    struct file *f = r->file;
    if (f->kind == APPEND) {
        if (r->op == OP_WRITE)
            f->fate[r->thread][r->ticket] = SEG_GONE;
        atomic_fetch_sub(&f->reserved, 1);
    } else if (r->op == OP_WRITE) {
        for (unsigned i = 0; i < r->nblk; i++)
            withdraw(&f->block[r->first + i], r->ver[i]);
    }
}

static bool permitted(struct block *b, u32 v, u32 c0, u32 top, u64 cancelled)
{
    if (v == c0)
        return true;
    return v > c0 && v <= top && !(top - v < 64 && (cancelled >> (v % 64) & 1)) && b;
}

static void explain(struct req *r, unsigned b, const u8 *data, size_t lo, size_t hi, u32 c0, u32 top, u64 cancelled,
                    size_t at)
{
    struct file *f = r->file;
    u64 head[3] = { 0, 0, 0 };
    if (lo == 0 && hi >= sizeof head)
        memcpy(head, data, sizeof head);
    u32 v = (u32)head[2];
    bool ours = (head[0] & ~(u64)0xffff) == MAGIC;
    differ(r, NULL,
           "block %u of %s (bytes %zu..%zu of %zu) differs at byte %zu\n"
           "  expected a version from %u (committed at submission) to %u (issued by now; cancelled of the last 64: "
           "%016llx)\n  got bytes that begin %016llx %016llx %016llx: %s file %llu, block %llu, version %u",
           b, f->name, lo, hi, f->bs, at, c0, top, (unsigned long long)cancelled, (unsigned long long)head[0],
           (unsigned long long)head[1], (unsigned long long)head[2], ours ? "a stamp of" : "no stamp, would be",
           (unsigned long long)(head[0] & 0xffff), (unsigned long long)head[1], v);
}

/* One block of a read: bytes lo..hi of it lie at `data`. */
static void check_block(struct req *r, unsigned b, const u8 *data, size_t lo, size_t hi, u32 c0)
{
    struct file *f = r->file;
    struct block *blk = b < f->nblocks ? &f->block[b] : NULL;
    u32 top = blk ? atomic_load(&blk->issued) : 0;
    u64 cancelled = blk ? atomic_load(&blk->cancelled) : 0;
    u64 want[MAX_BS / 8];
    size_t n = hi - lo;
    u32 guess = c0;
    if (lo == 0 && hi == f->bs) {
        u64 v;
        memcpy(&v, data + 16, 8);
        guess = (u32)v;
        if (v > top || !permitted(blk, guess, c0, top, cancelled))
            guess = c0;
    }
    block_fill(f, b, guess, want);
    const u8 *w = (u8 *)want + lo;
    if (memcmp(data, w, n) == 0)
        return;
    size_t at = 0;
    while (data[at] == w[at])
        at++;
    if (top == c0)
        explain(r, b, data, lo, hi, c0, top, cancelled, at + lo);
    /* A write was in flight beside the read: any mixture of the permitted versions. */
    bool *ok = calloc(n, 1);
    size_t left = n;
    u32 low = top - c0 > 63 ? top - 63 : c0 + 1;
    for (u32 v = top; left; v--) {
        if (v < low)
            v = c0;
        if (permitted(blk, v, c0, top, cancelled)) {
            block_fill(f, b, v, want);
            for (size_t i = 0; i < n; i++)
                if (!ok[i] && data[i] == w[i]) {
                    ok[i] = true;
                    left--;
                }
        }
        if (v == c0)
            break;
    }
    if (left) {
        for (at = 0; ok[at]; at++)
            ;
        explain(r, b, data, lo, hi, c0, top, cancelled, at + lo);
    }
    free(ok);
    COUNT(torn);
}

static void spot_check(struct file *f, unsigned b, struct req *r)
{
    u64 want[MAX_BS / 8];
    u8 *got = buffer_new(f->bs);
    u32 v = atomic_load(&f->block[b].committed);
    ssize_t n = pread(f->check, got, f->bs, (off_t)(b * f->bs));
    long sure = atomic_load(&f->sure_size);
    size_t need = sure >= (long)((b + 1) * f->bs) ? f->bs : 0;
    if (n < 0 || (size_t)n < need)
        differ(r, NULL, "pread of block %u of %s gave %zd (errno %d), expected at least %zu", b, f->name, n, errno,
               need);
    block_fill(f, b, v, want);
    if (memcmp(got, want, (size_t)n) != 0) {
        u64 *g = (u64 *)(void *)got;
        differ(r, NULL,
               "a plain read of block %u of %s, which nobody is writing, gave %016llx %016llx %016llx, expected "
               "version %u",
               b, f->name, (unsigned long long)g[0], (unsigned long long)g[1], (unsigned long long)g[2], v);
    }
    free(got);
}

void file_finish(struct thread *t, struct req *r)
{
    struct file *f = r->file;
    if (r->expect)
        return;
    if (r->op == OP_WRITE) {
        if (r->err == ECANCELED) {
            for (unsigned i = 0; i < r->nblk; i++)
                withdraw(&f->block[r->first + i], r->ver[i]);
            if (r->nblk && pick(t, 4) == 0)
                spot_check(f, r->first, r);
            return;
        }
        if ((size_t)r->ret != r->n)
            differ(r, NULL, "a write of %zu bytes wrote %zd", r->n, r->ret);
        for (unsigned i = 0; i < r->nblk; i++) {
            struct block *b = &f->block[r->first + i];
            atomic_store(&b->committed, r->ver[i]);
            b->busy = false;
        }
        if (r->nblk)
            raise_to(&f->sure_size, (long)r->off + (long)r->n);
        if (r->nblk && pick(t, 32) == 0)
            spot_check(f, r->first + pick(t, r->nblk), r);
        return;
    }
    if (r->err)
        return;
    long most = atomic_load(&f->most_size) - (long)r->off, least = r->sure - (long)r->off;
    most = most < 0 ? 0 : most > (long)r->n ? (long)r->n : most;
    least = least < 0 ? 0 : least > (long)r->n ? (long)r->n : least;
    if (r->ret < least || r->ret > most)
        differ(r, NULL, "a read of %zu gave %zd bytes, expected %ld to %ld", r->n, r->ret, least, most);
    size_t pos = (size_t)r->off, end = pos + (size_t)r->ret;
    while (pos < end) {
        unsigned b = (unsigned)(pos / f->bs);
        size_t lo = pos % f->bs, hi = end - b * f->bs < f->bs ? end - b * f->bs : f->bs;
        check_block(r, b, r->buf + (pos - (size_t)r->off), lo, hi, r->ver[b - r->first]);
        pos += hi - lo;
    }
}

/* A block of this thread that nobody writes holds exactly what was committed, on a plain read. */
void file_spot_check(struct thread *t)
{
    struct file *f = &run.file[pick(t, (unsigned)run.nfile)];
    if (f->kind == APPEND)
        return;
    unsigned per = f->nblocks / (unsigned)run.nthreads, b = per * (unsigned)t->index + pick(t, per);
    if (!f->block[b].busy)
        spot_check(f, b, NULL);
}

void file_verify(struct file *f)
{
    for (unsigned b = 0; b < f->nblocks; b++)
        if (f->block[b].busy)
            differ(NULL, NULL, "a write on block %u of %s never ended", b, f->name);
        else
            spot_check(f, b, NULL);
}

/* ---- append files ---- */

struct record {
    u64 magic;
    u32 file, epoch, thread, gen, seq, len;
    u64 ticket;
};

static void record_fill(const struct record *h, void *to)
{
    memcpy(to, h, sizeof *h);
    u64 *w = to, x = mix((u64)h->file << 48 ^ (u64)h->thread << 40 ^ (u64)h->epoch << 20 ^ h->seq);
    for (size_t i = sizeof *h / 8; i < h->len / 8; i++)
        w[i] = x + i * 0x9e3779b97f4a7c15u;
}

bool append_prepare(struct thread *t, struct req *r, struct slot *s, bool write, bool listing)
{
    struct file *f = s->file;
    if (atomic_load(&f->closing))
        return false;
    if (listing ? pthread_mutex_trylock(&f->order) != 0 : pthread_mutex_lock(&f->order) != 0)
        return false;
    unsigned seq = f->seq[t->index];
    if (atomic_load(&f->closing) || (write && seq == RECORDS)) {
        atomic_store(&f->closing, true);
        pthread_mutex_unlock(&f->order);
        return false;
    }
    atomic_fetch_add(&f->reserved, 1);
    r->file = f;
    r->epoch = f->epoch;
    if (!write) {
        size_t n = 1 + pick(t, 20000);
        long most = atomic_load(&f->most_size);
        r->sure = atomic_load(&f->sure_size);
        request_block(r, s->fd, buffer_new(n), n, most ? (off_t)(rnd(t) % (u64)most) : 0, LIO_READ);
        pthread_mutex_unlock(&f->order);
        return true;
    }
    struct record h = { MAGIC ^ 0xa99e4d, (u32)f->id, f->epoch, (u32)t->index, r->slot_gen, seq, 0, f->ticket++ };
    size_t n = sizeof h + 8 * pick(t, pick(t, 4) ? 100 : 2000);
    h.len = (u32)n;
    u8 *buf = buffer_new(n);
    record_fill(&h, buf);
    f->seq[t->index] = seq + 1;
    f->fate[t->index][seq] = SEG_OUT;
    long most = atomic_fetch_add(&f->most_size, (long)n) + (long)n;
    r->ticket = seq;
    /* The offset must not matter. */
    request_block(r, s->fd, buf, n, (off_t)pick(t, 100000), LIO_WRITE);
    COUNT(records);
    if (most > 4 << 20)
        atomic_store(&f->closing, true);
    if (f->ticketed)
        r->order = &f->order; /* held over the call: the tickets are the order of the calls */
    else
        pthread_mutex_unlock(&f->order);
    return true;
}

void append_finish(struct thread *t, struct req *r)
{
    struct file *f = r->file;
    if (r->op == OP_WRITE) {
        if (r->err == 0 && (size_t)r->ret != r->n)
            differ(r, NULL, "an append of %zu bytes wrote %zd", r->n, r->ret);
        f->fate[t->index][r->ticket] = r->err ? SEG_GONE : SEG_DONE;
        if (!r->err)
            atomic_fetch_add(&f->sure_size, (long)r->n);
    } else if (r->err == 0) {
        long most = atomic_load(&f->most_size) - (long)r->off, least = r->sure - (long)r->off;
        most = most < 0 ? 0 : most > (long)r->n ? (long)r->n : most;
        least = least < 0 ? 0 : least > (long)r->n ? (long)r->n : least;
        if (r->ret < least || r->ret > most)
            differ(r, NULL, "a read of an append file gave %zd of %zu, expected %ld to %ld", r->ret, r->n, least, most);
    }
    atomic_fetch_sub(&f->reserved, 1);
}

/* The whole file: complete records, those of one sequence in the order of their calls, each finished
 * one once, no cancelled one. */
static void append_verify(struct file *f)
{
    struct stat st;
    struct slot *s = NULL;
    for (int i = 0; i < run.nslot; i++)
        if (run.slot[i].file == f)
            s = &run.slot[i];
    if (fstat(f->check, &st) != 0)
        give_up("fstat");
    u8 *all = buffer_new((size_t)st.st_size + 8), *want = buffer_new(1 << 16);
    for (off_t at = 0; at < st.st_size;) {
        ssize_t n = pread(f->check, all + at, (size_t)(st.st_size - at), at);
        if (n <= 0)
            give_up("pread");
        at += n;
    }
    if (st.st_size != atomic_load(&f->sure_size))
        differ(NULL, s, "%s has %lld bytes, the finished records together %ld", f->name, (long long)st.st_size,
               atomic_load(&f->sure_size));
    struct last {
        u64 gen1, seq1;
    } last[MAX_THREADS][64];
    u64 last_ticket[64], last_gen[64];
    memset(last, 0, sizeof last);
    memset(last_gen, 0, sizeof last_gen);
    memset(last_ticket, 0, sizeof last_ticket);
    for (off_t at = 0; at < st.st_size;) {
        struct record h;
        memset(&h, 0, sizeof h);
        if (st.st_size - at >= (off_t)sizeof h)
            memcpy(&h, all + at, sizeof h);
        if (h.magic != (MAGIC ^ 0xa99e4d) || h.file != (u32)f->id || h.epoch != f->epoch ||
            h.thread >= (u32)run.nthreads || h.len < sizeof h || h.len > 1 << 16 || st.st_size - at < (off_t)h.len)
            differ(NULL, s, "%s at %lld: no whole record (magic %llx file %u epoch %u thread %u seq %u len %u)", f->name,
                   (long long)at, (unsigned long long)h.magic, h.file, h.epoch, h.thread, h.seq, h.len);
        record_fill(&h, want);
        if (memcmp(all + at, want, h.len) != 0)
            differ(NULL, s, "%s at %lld: record %u of thread %u is damaged", f->name, (long long)at, h.seq, h.thread);
        u8 *fate = h.seq < f->seq[h.thread] ? &f->fate[h.thread][h.seq] : NULL;
        if (!fate || *fate != SEG_DONE)
            differ(NULL, s, "%s at %lld: record %u of thread %u %s", f->name, (long long)at, h.seq, h.thread,
                   !fate ? "was never submitted" : *fate == SEG_GONE ? "was cancelled" : "is there twice");
        *fate = 9;
        struct last *l = &last[h.thread][h.gen % 64];
        if (l->gen1 == h.gen + 1u && l->seq1 > h.seq)
            differ(NULL, s, "%s at %lld: record %u of thread %u comes after its record %llu", f->name, (long long)at,
                   h.seq, h.thread, (unsigned long long)l->seq1 - 1);
        l->gen1 = h.gen + 1u;
        l->seq1 = h.seq + 1u;
        if (f->ticketed && last_gen[h.gen % 64] == h.gen + 1u && last_ticket[h.gen % 64] > h.ticket)
            differ(NULL, s, "%s at %lld: call %llu (record %u of thread %u) took effect after call %llu", f->name,
                   (long long)at, (unsigned long long)h.ticket, h.seq, h.thread,
                   (unsigned long long)last_ticket[h.gen % 64] - 1);
        last_gen[h.gen % 64] = h.gen + 1u;
        last_ticket[h.gen % 64] = h.ticket + 1;
        at += h.len;
    }
    for (int t = 0; t < run.nthreads; t++)
        for (unsigned i = 0; i < f->seq[t]; i++)
            if (f->fate[t][i] == SEG_DONE)
                differ(NULL, s, "%s: record %u of thread %d, reported written, is not there", f->name, i, t);
            else if (f->fate[t][i] == SEG_OUT)
                differ(NULL, s, "%s: record %u of thread %d never ended", f->name, i, t);
    free(all);
    free(want);
}

/* A file that is due is verified and cut when nothing is outstanding on it. */
void append_turn(struct file *f, bool last)
{
    if (!last && (!atomic_load(&f->closing) || atomic_load(&f->reserved)))
        return;
    pthread_mutex_lock(&f->order);
    if ((last || atomic_load(&f->closing)) && atomic_load(&f->reserved) == 0) {
        append_verify(f);
        if (ftruncate(f->check, 0) != 0)
            give_up("ftruncate");
        memset(f->seq, 0, sizeof f->seq);
        f->epoch++;
        atomic_store(&f->sure_size, 0);
        atomic_store(&f->most_size, 0);
        atomic_store(&f->closing, false);
    }
    pthread_mutex_unlock(&f->order);
}

/* ---- /dev/zero, /dev/null, /dev/full ---- */

bool device_prepare(struct thread *t, struct req *r, struct slot *s, bool write)
{
    size_t n = 1 + pick(t, 100000);
    if (write && s->device == 'f')
        r->expect = ENOSPC;
    request_block(r, s->fd, buffer_new(n), n, (off_t)pick(t, 1 << 20), write ? LIO_WRITE : LIO_READ);
    return true;
}

void device_finish(struct req *r)
{
    if (r->err)
        return;
    size_t want = r->op == OP_READ && r->slot->device == 'n' ? 0 : r->n;
    if ((size_t)r->ret != want)
        differ(r, NULL, "a device gave %zd, expected %zu", r->ret, want);
    if (r->op == OP_READ)
        for (size_t i = 0; i < want; i++)
            if (r->buf[i])
                differ(r, NULL, "byte %zu from %s is %d", i, r->slot->name, r->buf[i]);
}
