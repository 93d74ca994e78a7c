/* One request: prepared, submitted, polled, reaped. What holds for every kind is checked here. */
#include "torture.h"

enum { CANARY = 64, POISON = 0xEE, FILLER = 0x5c };

u8 *buffer_new(size_t n)
{
    void *p = NULL;
    if (posix_memalign(&p, 4096, n + CANARY) != 0)
        give_up("posix_memalign");
    memset(p, FILLER, n + CANARY);
    return p;
}

struct req *request_new(struct thread *t)
{
    if (t->nout >= OUT_MAX || t->nlive >= REQS - 16)
        return NULL;
    for (unsigned i = pick(t, REQS), k = 0; k < REQS; k++, i = (i + 1) % REQS) {
        struct req *r = &t->req[i];
        if (r->state != FREE)
            continue;
        for (unsigned j = 0; j < t->nlive; j++)
            if (t->live[j] == r)
                give_up("a free request is in the list"); /* our own fault */
        r->note = notify_choose(t);
        r->slot = NULL;
        r->file = NULL;
        r->chan = NULL;
        r->order = NULL;
        r->buf = NULL;
        r->expect = r->err = r->tries = 0;
        r->refuse = 0;
        r->said_no = r->said_yes = r->poisoned = r->listed = false;
        r->ret = 0;
        r->first = r->nblk = 0;
        r->ticket = 0;
        r->group = NULL;
        r->cover = NULL;
        r->ncover = 0;
        r->hold_until = 0;
        atomic_store(&r->notified, 0);
        r->state = PREPARED;
        return r;
    }
    return NULL;
}

/* The block: members that the program need not set hold garbage, zeros, or what the last use left. */
void request_block(struct req *r, int fd, u8 *buf, size_t n, off_t off, int lio)
{
    struct thread *t = run.thread[r->thread];
    unsigned how = pick(t, 3);
    if (how < 2)
        memset(&r->cb, how ? 0xa5 : 0, sizeof r->cb);
    r->cb.aio_fildes = fd;
    r->cb.aio_buf = buf;
    r->cb.aio_nbytes = n;
    r->cb.aio_offset = off;
    r->cb.aio_lio_opcode = lio;
    r->cb.aio_reqprio = run.glibc || without("prios") || pick(t, 4) ? 0 : (int)pick(t, 21);
    notify_fill(t, &r->cb.aio_sigevent, r->note, request_value(r));
    memcpy(&r->set, &r->cb, sizeof r->set);
    r->buf = buf;
    r->n = n;
    r->off = off;
}

static struct slot *choose_slot(struct thread *t, bool must_finish)
{
    for (;;) {
        struct slot *s = &run.slot[pick(t, (unsigned)run.nslot)];
        if (must_finish && s->kind == STREAM)
            continue;
        static const char *const names[] = { "regulars", "directs", "appends", "streams", "devices" };
        if (run.without && without(names[s->kind]))
            continue;
        if (s->kind == DIRECT && pick(t, 2)) /* the slow ones less often */
            continue;
        return s;
    }
}

/* Takes the locks that the call needs. False: nothing taken. */
bool request_prepare_on(struct thread *t, struct req *r, struct slot *s, bool write, bool listing, size_t fixed)
{
    if (listing ? pthread_rwlock_tryrdlock(&s->lock) != 0 : pthread_rwlock_rdlock(&s->lock) != 0)
        return false;
    r->slot = s;
    r->file = NULL;
    r->chan = NULL;
    r->order = NULL;
    r->expect = 0;
    r->slot_gen = atomic_load(&s->gen);
    r->cancels0 = atomic_load(&s->cancels_ended[r->slot_gen % GENS]);
    r->op = write ? OP_WRITE : OP_READ;
    bool ok = false;
    switch (s->kind) {
    case REGULAR:
    case DIRECT:
        ok = file_prepare(t, r, s, write);
        break;
    case APPEND:
        ok = append_prepare(t, r, s, write, listing);
        break;
    case STREAM:
        ok = stream_prepare(t, r, s, write, listing, fixed);
        break;
    case DEVICE:
        ok = device_prepare(t, r, s, write);
        break;
    }
    if (!ok) {
        pthread_rwlock_unlock(&s->lock);
        return false;
    }
    atomic_fetch_add(&s->out, 1);
    return true;
}

/* The same, and chooses what to do. */
bool request_prepare(struct thread *t, struct req *r, bool must_finish, bool listing)
{
    struct slot *s = choose_slot(t, must_finish);
    bool write = pick(t, 100) < 45;
    return request_prepare_on(t, r, s, write, listing, 0);
}

static void release_locks(struct req *r)
{
    if (r->order)
        pthread_mutex_unlock(r->order);
    r->order = NULL;
    pthread_rwlock_unlock(&r->slot->lock);
}

/* The call itself; -1 with errno as the library left it. A success leaves errno alone. */
int request_call(struct thread *t, struct req *r)
{
    bool wide = pick(t, 4) == 0;
    struct aiocb64 *cb64 = (struct aiocb64 *)&r->cb;
    int ret;
    r->t0 = t_now();
    errno = 12345;
    if (r->op == OP_READ)
        ret = wide ? aio_read64(cb64) : aio_read(&r->cb);
    else if (r->op == OP_WRITE)
        ret = wide ? aio_write64(cb64) : aio_write(&r->cb);
    else
        ret = aio_fsync(pick(t, 2) ? O_SYNC : O_DSYNC, &r->cb);
    if (ret == 0 && errno != 12345 && !run.glibc)
        differ(r, NULL, "a successful submission changed errno to %d", errno);
    return ret;
}

void request_accepted(struct thread *t, struct req *r)
{
    static const char *const verb[] = { "read", "write", "sync" };
    struct file *f = r->file;
    note_event(r->slot, t->index, "%s %d.%d.%u%s n=%zu off=%lld prio %d blocks %u+%u ticket %llu", verb[r->op],
               r->thread, r->index, atomic_load(&r->gen), r->listed ? " (list)" : "", r->n,
               (long long)r->off, r->set.aio_reqprio, r->first, r->nblk, (unsigned long long)r->ticket);
    r->state = OUT;
    t->live[t->nlive++] = r;
    t->nout++;
    if (f && r->op != OP_SYNC) {
        pthread_mutex_lock(&f->m);
        f->out[f->nout++] = r;
        pthread_mutex_unlock(&f->m);
    }
    if (r->slot->kind != STREAM)
        atomic_fetch_add(&run.file_out, 1);
    if (r->op == OP_READ)
        COUNT(reads);
    else if (r->op == OP_WRITE)
        COUNT(writes);
    release_locks(r);
}

static void give_back(struct req *r)
{
    atomic_fetch_sub(&r->slot->out, 1);
    if (r->slot->kind == STREAM && r->op != OP_SYNC)
        stream_dropped(r);
    else if (r->op != OP_SYNC && r->slot->kind != DEVICE)
        file_dropped(r);
    release_locks(r);
}

void request_dropped(struct thread *t, struct req *r)
{
    (void)t;
    give_back(r);
    free(r->buf);
    free(r->cover);
    r->buf = NULL;
    r->cover = NULL;
    r->state = FREE;
}

/* An entry of a list that had to be refused: it must stay silent for a while. */
void request_refused(struct thread *t, struct req *r)
{
    int e = aio_error(&r->cb);
    if (e != EINVAL && (e != -1 || errno != EINVAL))
        differ(r, NULL, "aio_error of a refused list entry says %s, expected EINVAL", error_name(e));
    give_back(r);
    r->state = REAPED;
    r->err = e;
    r->done_at = t_now();
    r->hold_until = r->done_at + 0.05;
    t->live[t->nlive++] = r;
}

void request_submit(struct thread *t, struct req *r)
{
    if (request_call(t, r) != 0)
        differ(r, NULL, "submission failed with %s", error_name(errno));
    request_accepted(t, r);
}

int error_of(const struct req *r)
{
    errno = 12345;
    int e = aio_error(&r->cb);
    if (e == -1)
        differ(r, NULL, "aio_error says -1/%s of an accepted request", error_name(errno));
    if (errno != 12345 && !run.glibc)
        differ(r, NULL, "aio_error changed errno to %d", errno);
    return e;
}

bool request_must_finish(const struct req *r)
{
    return r->state == REAPED || r->slot->kind != STREAM;
}

static void check_untouched(const struct req *r)
{
    const struct aiocb *a = &r->cb, *b = &r->set;
    if (run.glibc)
        return; /* it writes aio_lio_opcode */
    if (a->aio_fildes != b->aio_fildes || a->aio_lio_opcode != b->aio_lio_opcode ||
        a->aio_reqprio != b->aio_reqprio || a->aio_buf != b->aio_buf || a->aio_nbytes != b->aio_nbytes ||
        a->aio_offset != b->aio_offset || memcmp(&a->aio_sigevent, &b->aio_sigevent, sizeof a->aio_sigevent) != 0)
        differ(r, NULL, "the library wrote a member that belongs to the program");
}

static void check_cancelled(const struct req *r)
{
    const struct slot *s = r->slot;
    unsigned gen = atomic_load(&s->gen);
    if (r->said_yes || gen - r->slot_gen >= GENS)
        return;
    if (atomic_load(&s->cancels[r->slot_gen % GENS]) != r->cancels0)
        return; /* an aio_cancel(fd, NULL) passed by */
    if (s->kind == STREAM && gen != r->slot_gen)
        return; /* its descriptor was closed */
    differ(r, NULL, r->said_no ? "it ended ECANCELED although aio_cancel said AIO_NOTCANCELED"
                               : "it ended ECANCELED and nobody cancelled it");
}

/* Bytes behind what was transferred, and behind the buffer, belong to the program. */
static void check_canary(const struct req *r)
{
    if (!r->buf)
        return;
    size_t from = r->n;
    if (r->op == OP_READ && r->slot->kind != DIRECT)
        from = r->err == 0 && r->ret > 0 ? (size_t)r->ret : 0;
    for (size_t i = from; i < r->n + CANARY; i++)
        if (r->buf[i] != FILLER)
            differ(r, NULL, "byte %zu of its buffer was written, %zd were transferred", i, r->ret);
}

static void check_return(struct thread *t, struct req *r)
{
    r->ret = aio_return(&r->cb);
    if (r->err == 0 ? r->ret < 0 || r->ret > (ssize_t)r->n : r->ret != -1)
        differ(r, NULL, "aio_error %s, aio_return %zd of %zu", error_name(r->err), r->ret, r->n);
    if (!run.glibc && pick(t, 4) == 0) {
        errno = 0;
        ssize_t again = aio_return(&r->cb);
        if (again != -1 || errno != EINVAL)
            differ(r, NULL, "the second aio_return says %zd/%s, expected -1/EINVAL", again, error_name(errno));
    }
    int e = error_of(r);
    if (e != r->err)
        differ(r, NULL, "aio_error says %s after aio_return, before it %s", error_name(e), error_name(r->err));
}

static void finish_model(struct thread *t, struct req *r)
{
    if (r->op == OP_SYNC) {
        if (r->err == 0 && r->ret != 0)
            differ(r, NULL, "a sync returned %zd", r->ret);
        return;
    }
    switch (r->slot->kind) {
    case REGULAR:
    case DIRECT:
        file_finish(t, r);
        break;
    case APPEND:
        append_finish(t, r);
        break;
    case STREAM:
        stream_finish(t, r);
        break;
    case DEVICE:
        device_finish(r);
        break;
    }
}

static void finish(struct thread *t, struct req *r, int e)
{
    struct file *f = r->file;
    r->err = e;
    r->done_at = t_now();
    if (r->op == OP_SYNC)
        sync_finish(r);
    if (f && r->op != OP_SYNC) {
        pthread_mutex_lock(&f->m);
        for (unsigned i = 0; i < f->nout; i++)
            if (f->out[i] == r) {
                f->out[i] = f->out[--f->nout];
                break;
            }
        pthread_mutex_unlock(&f->m);
    }
    if (e == ECANCELED) {
        check_cancelled(r);
        COUNT(cancelled);
    } else if (r->said_yes) {
        differ(r, NULL, "aio_cancel said AIO_CANCELED, it ended %s", error_name(e));
    }
    bool nonblock = r->chan && r->chan->nonblock && e == EAGAIN;
    if (e != ECANCELED && !nonblock && e != r->expect)
        differ(r, NULL, "it ended with %s, expected %s", error_name(e), error_name(r->expect));
    if (e == 0 && r->op == OP_WRITE && r->slot->kind != STREAM && pick(t, 32) == 0)
        r->ret = (ssize_t)r->n; /* many programs never call aio_return */
    else
        check_return(t, r);
    if (e == 0)
        ADD(bytes, r->ret);
    check_untouched(r);
    check_canary(r);
    note_event(r->slot, t->index, "%d.%d.%u ended %s, %zd", r->thread, r->index, atomic_load(&r->gen),
               error_name(e), r->ret);
    finish_model(t, r);
    atomic_fetch_sub(&r->slot->out, 1);
    if (r->slot->kind != STREAM)
        atomic_fetch_sub(&run.file_out, 1);
    if (r->op == OP_READ && r->buf && (e == ECANCELED || pick(t, 64) == 0)) {
        memset(r->buf, POISON, r->n + CANARY); /* nobody writes here any more */
        r->poisoned = true;
        r->hold_until = r->done_at + 0.03;
    } else if (pick(t, 8) == 0) {
        r->hold_until = r->done_at + pick(t, 5000) / 1e6;
    }
    r->state = REAPED;
    t->nout--;
    COUNT(done);
}

/* The record may be used again once its notification came and its quarantine is over. */
static bool release(struct thread *t, struct req *r)
{
    (void)t;
    int came = atomic_load(&r->notified);
    bool wanted = r->note != NOTE_NONE && !r->refuse;
    if (came > wanted)
        differ(r, NULL, "%d notifications came, expected %d", came, wanted);
    double now = t_now();
    if (wanted && came == 0) {
        if (now - r->done_at > run.hang)
            differ(r, NULL, "its notification has not come %.0f s after its end", run.hang);
        return false;
    }
    if (r->group || now < r->hold_until)
        return false;
    if (!r->refuse && error_of(r) != r->err)
        differ(r, NULL, "its final status changed from %s to %s", error_name(r->err), error_name(error_of(r)));
    if (r->poisoned)
        for (size_t i = 0; i < r->n + CANARY; i++)
            if (r->buf[i] != POISON)
                differ(r, NULL, "byte %zu of its buffer was written after its end", i);
    if (wanted && r->note == NOTE_JOINED)
        pthread_join(atomic_load(&r->joinable), NULL);
    free(r->buf);
    free(r->cover);
    r->buf = NULL;
    r->cover = NULL;
    atomic_fetch_add(&r->gen, 1);
    r->state = FREE;
    return true;
}

/* True: it is no longer in progress (and has been reaped). */
bool request_poll(struct thread *t, struct req *r)
{
    if (r->state == REAPED)
        return true;
    bool notified = atomic_load(&r->notified); /* first: it may end between the two */
    int e = error_of(r);
    if (e != EINPROGRESS) {
        finish(t, r, e);
        return true;
    }
    if (r->said_yes)
        differ(r, NULL, "aio_cancel said AIO_CANCELED, aio_error says EINPROGRESS");
    if (notified)
        differ(r, NULL, "notified and still in progress");
    double age = t_now() - r->t0;
    struct slot *s = r->slot;
    bool closed = s->kind == STREAM && r->op == OP_READ && atomic_load(&s->gen) != r->slot_gen;
    if (age > 3 * run.hang &&
        (request_must_finish(r) || (closed && t_now() - atomic_load(&s->closed_at) > run.hang)))
        hang("request %d.%d.%u has been in progress for %.0f s", r->thread, r->index, atomic_load(&r->gen), age);
    return false;
}

static void visit(struct thread *t, unsigned i)
{
    struct req *r = t->live[i];
    if (request_poll(t, r) && release(t, r))
        t->live[i] = t->live[--t->nlive];
}

void reap_some(struct thread *t, unsigned max)
{
    for (unsigned k = 0; k < max && t->nlive; k++)
        visit(t, pick(t, t->nlive));
}

void reap_all(struct thread *t)
{
    for (unsigned i = t->nlive; i-- > 0;)
        visit(t, i);
    group_reap(t);
}
