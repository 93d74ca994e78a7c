/* What streams must deliver.
 *
 * Each direction of a pipe, FIFO, socket or terminal is a sequence of writes ("segments") whose bytes
 * are a function of (direction, number of the segment, position). Calls are made with the mutex of
 * their end held, so segments and reads are numbered in call order. A finished read hands its bytes
 * over in that order; they are compared as soon as the outcome of the write is known: all of it, the
 * reported part of it (O_NONBLOCK), or nothing (cancelled). So a byte that is lost, doubled, out of
 * order or of a cancelled write shows, whoever reaps first. */
#include "torture.h"

static const u64 STREAM_MAGIC = 0x5700000000000000u;

static void segment_fill(const struct chan *c, u64 seg, size_t from, size_t len, u8 *to)
{
    u64 head = STREAM_MAGIC | (u64)c->id << 48 | (seg & 0xffffffffffu), x = mix(head);
    size_t i = 0;
    while (i < len) {
        size_t k = (from + i) / 8, at = (from + i) % 8, n = 8 - at < len - i ? 8 - at : len - i;
        u64 w = k == 0 ? head : x + k * 0x9e3779b97f4a7c15u;
        memcpy(to + i, (u8 *)&w + at, n);
        i += n;
    }
}

/* Whether requests may be added: after its number was closed, an end waits until those of the former
 * number are reaped, because their order against the new ones is nobody's promise. */
static bool gate(atomic_int *out, unsigned *gen, unsigned now)
{
    if (atomic_load(out) > 0 && *gen != now)
        return false;
    *gen = now;
    return true;
}

static bool take(pthread_mutex_t *m, bool listing)
{
    return (listing ? pthread_mutex_trylock(m) : pthread_mutex_lock(m)) == 0;
}

static size_t choose_write(struct thread *t, struct chan *c)
{
    if (c->max_write <= 4096)
        return 8 + pick(t, (unsigned)c->max_write - 8);
    switch (pick(t, 10)) {
    case 0:
        return 1 << 20;
    case 1:
    case 2:
        return 8 + pick(t, 200000);
    default:
        return 8 + pick(t, 5000);
    }
}

static size_t choose_read(struct thread *t, struct chan *c)
{
    if (c->message)
        return pick(t, 8) ? c->max_write : 1 + pick(t, 500); /* a short one cuts its datagram */
    return pick(t, 3) == 0 ? 1 + pick(t, 300) : 1 + pick(t, 200000);
}

bool stream_prepare(struct thread *t, struct req *r, struct slot *s, bool write, bool listing, size_t fixed)
{
    if (!s->wr)
        write = false;
    else if (!s->rd)
        write = true;
    struct chan *c = write ? s->wr : s->rd;
    pthread_mutex_t *order = write ? &c->wl : &c->rl;
    r->op = write ? OP_WRITE : OP_READ;
    if (!take(order, listing))
        return false;
    pthread_mutex_lock(&c->m);
    bool ok = write ? !atomic_load(&c->eof) && c->wnext - c->whead < WINDOW - 2 && atomic_load(&c->wout) < 5 &&
                          (fixed || !atomic_load(&run.stop)) && gate(&c->wout, &c->wgen, r->slot_gen)
                    : c->rnext - c->rhead < WINDOW - 2 && atomic_load(&c->rout) < 5 &&
                          gate(&c->rout, &c->rgen, r->slot_gen);
    if (!ok) {
        pthread_mutex_unlock(&c->m);
        pthread_mutex_unlock(order);
        return false;
    }
    size_t n = fixed ? fixed : write ? choose_write(t, c) : choose_read(t, c);
    r->chan = c;
    r->order = order;
    if (write) {
        r->ticket = c->wnext++;
        c->seg[r->ticket % WINDOW] = (struct seg){ SEG_OUT, n, 0 };
        atomic_fetch_add(&c->wout, 1);
    } else {
        r->ticket = c->rnext++;
        c->rd[r->ticket % WINDOW] = (struct rd){ SEG_OUT, n, 0, NULL };
        atomic_fetch_add(&c->rout, 1);
    }
    pthread_mutex_unlock(&c->m);
    u8 *buf = buffer_new(n);
    if (write)
        segment_fill(c, r->ticket, 0, n, buf);
    /* The offset must not matter. */
    request_block(r, s->fd, buf, n, (off_t)pick(t, 1 << 20), write ? LIO_WRITE : LIO_READ);
    return true;
}

static void mismatch(struct req *r, struct chan *c, const u8 *got, size_t n, size_t at)
{
    u64 word = 0;
    memcpy(&word, got + at, n - at < 8 ? n - at : 8);
    const u8 *head = NULL; /* the next thing that looks like the beginning of a segment */
    for (size_t i = 0; i + 8 <= n && !head; i++) {
        u64 w;
        memcpy(&w, got + i, 8);
        if ((w & 0xff00000000000000u) == STREAM_MAGIC && (w >> 48 & 0xff) == (u64)c->id)
            head = got + i;
    }
    u64 w = 0;
    if (head)
        memcpy(&w, head, 8);
    differ(r, NULL,
           "stream %d: expected byte %zu of write %llu, got %016llx there; the next beginning of a write in these %zu "
           "bytes: %s at %zd, write %llu",
           c->id, c->segpos + at, (unsigned long long)c->whead, (unsigned long long)word, n, head ? "yes" : "none",
           head ? head - got : -1, (unsigned long long)(w & 0xffffffffffu));
}

static void compare(struct req *r, struct chan *c, const u8 *got, size_t n)
{
    u8 want[4096];
    size_t done = 0;
    while (done < n) {
        size_t k = n - done < sizeof want ? n - done : sizeof want;
        segment_fill(c, c->whead, c->segpos + done, k, want);
        if (memcmp(got + done, want, k) != 0) {
            size_t at = 0;
            while (got[done + at] == want[at])
                at++;
            mismatch(r, c, got, n, done + at);
        }
        done += k;
    }
}

/* Datagrams: one write, one read; what did not fit is gone. */
static void match_messages(struct req *r, struct chan *c)
{
    while (c->whead < c->wnext && c->rhead < c->rnext) {
        struct seg *s = &c->seg[c->whead % WINDOW];
        struct rd *d = &c->rd[c->rhead % WINDOW];
        if (s->state == SEG_GONE) {
            c->whead++;
            continue;
        }
        if (d->state == SEG_GONE) {
            c->rhead++;
            continue;
        }
        if (s->state == SEG_OUT || d->state == SEG_OUT)
            return;
        size_t want = s->len < d->asked ? s->len : d->asked;
        if (d->len != want) {
            u64 head = 0;
            memcpy(&head, d->data, d->len < 8 ? d->len : 8);
            differ(r, NULL,
                   "message %llu of stream %d has %zu bytes; read %llu, of %zu, should give it and gave %zu bytes, which "
                   "begin %016llx: message %llu",
                   (unsigned long long)c->whead, c->id, s->len, (unsigned long long)c->rhead, d->asked, d->len,
                   (unsigned long long)head, (unsigned long long)(head & 0xffffffffffu));
        }
        c->segpos = 0;
        compare(r, c, d->data, d->len);
        atomic_fetch_sub(&c->avail, (long)s->len);
        free(d->data);
        c->whead++;
        c->rhead++;
    }
    while (c->whead < c->wnext && c->seg[c->whead % WINDOW].state == SEG_GONE)
        c->whead++;
    while (c->rhead < c->rnext && c->rd[c->rhead % WINDOW].state == SEG_GONE)
        c->rhead++;
}

static void match_bytes(struct req *r, struct chan *c)
{
    for (; c->rhead < c->rnext; c->rhead++) {
        struct rd *d = &c->rd[c->rhead % WINDOW];
        if (d->state == SEG_OUT)
            break;
        if (d->state == SEG_GONE)
            continue;
        if (c->ncarry + d->len > c->capcarry) {
            c->capcarry = (c->ncarry + d->len) * 2;
            c->carry = realloc(c->carry, c->capcarry);
        }
        memcpy(c->carry + c->ncarry, d->data, d->len);
        c->ncarry += d->len;
        atomic_fetch_sub(&c->avail, (long)d->len);
        free(d->data);
    }
    size_t used = 0;
    for (; c->whead < c->wnext; c->whead++, c->segpos = 0) {
        struct seg *s = &c->seg[c->whead % WINDOW];
        if (s->state == SEG_OUT)
            break;
        if (s->state == SEG_GONE)
            continue;
        size_t n = s->len - c->segpos;
        if (n > c->ncarry - used)
            n = c->ncarry - used;
        compare(r, c, c->carry + used, n);
        used += n;
        c->segpos += n;
        if (c->segpos < s->len)
            break;
    }
    if (c->whead == c->wnext && used < c->ncarry)
        mismatch(r, c, c->carry + used, c->ncarry - used, 0); /* more bytes than were written */
    if (used)
        memmove(c->carry, c->carry + used, c->ncarry - used);
    c->ncarry -= used;
}

void stream_finish(struct thread *t, struct req *r)
{
    (void)t;
    struct chan *c = r->chan;
    pthread_mutex_lock(&c->m);
    if (r->op == OP_WRITE) {
        struct seg *s = &c->seg[r->ticket % WINDOW];
        if (r->err == 0) {
            if ((size_t)r->ret != r->n && !(c->nonblock && r->ret > 0))
                differ(r, NULL, "a stream write of %zu wrote %zd", r->n, r->ret);
            if (c->nonblock && r->n <= PIPE_BUF && (size_t)r->ret != r->n)
                differ(r, NULL, "a write of %zu up to PIPE_BUF was not atomic: %zd", r->n, r->ret);
        }
        s->state = r->err ? SEG_GONE : SEG_DONE;
        s->len = r->err ? 0 : (size_t)r->ret;
        atomic_fetch_add(&c->avail, (long)s->len);
        atomic_fetch_sub(&c->wout, 1);
    } else {
        struct rd *d = &c->rd[r->ticket % WINDOW];
        if (r->err == 0 && r->ret == 0 && !atomic_load(&c->eof))
            differ(r, NULL, "a stream read gave 0 bytes, the other end is open");
        d->state = r->err || r->ret == 0 ? SEG_GONE : SEG_DONE;
        if (d->state == SEG_DONE) {
            d->len = (size_t)r->ret;
            d->data = malloc(d->len);
            memcpy(d->data, r->buf, d->len);
        }
        atomic_fetch_sub(&c->rout, 1);
    }
    if (c->message)
        match_messages(r, c);
    else
        match_bytes(r, c);
    atomic_fetch_add(&c->progress, 1);
    pthread_mutex_unlock(&c->m);
}

void stream_dropped(struct req *r)
{
    struct chan *c = r->chan;
    pthread_mutex_lock(&c->m);
    if (r->op == OP_WRITE) {
        c->seg[r->ticket % WINDOW].state = SEG_GONE;
        atomic_fetch_sub(&c->wout, 1);
    } else {
        c->rd[r->ticket % WINDOW].state = SEG_GONE;
        atomic_fetch_sub(&c->rout, 1);
    }
    if (c->message)
        match_messages(r, c);
    else
        match_bytes(r, c);
    pthread_mutex_unlock(&c->m);
}

/* Everything that was written has been read and compared. */
bool stream_idle(struct chan *c)
{
    pthread_mutex_lock(&c->m);
    bool idle = atomic_load(&c->wout) == 0 && c->whead == c->wnext && c->ncarry == 0;
    pthread_mutex_unlock(&c->m);
    return idle;
}

/* Both ends at work, or a reader before finished writes: something has to happen. */
bool stream_must_move(struct chan *c)
{
    if (atomic_load(&c->rout) == 0)
        return false;
    return atomic_load(&c->wout) > 0 || atomic_load(&c->avail) > 0;
}

void stream_verify_end(struct chan *c)
{
    if (!stream_idle(c) || atomic_load(&c->rout))
        differ(NULL, c->r, "stream %d is not empty at the end: writes %llu of %llu delivered, %zu bytes left over",
               c->id, (unsigned long long)c->whead, (unsigned long long)c->wnext, c->ncarry);
}
