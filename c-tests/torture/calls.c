/* aio_cancel, aio_suspend, aio_fsync, lio_listio, and calls that must be refused. */
#include "torture.h"

static struct req *any_live(struct thread *t)
{
    return t->nlive ? t->live[pick(t, t->nlive)] : NULL;
}

static const char *cancel_name(int rc)
{
    return rc == AIO_CANCELED ? "AIO_CANCELED" : rc == AIO_NOTCANCELED ? "AIO_NOTCANCELED" :
           rc == AIO_ALLDONE ? "AIO_ALLDONE" : "-1";
}

/* ---- aio_cancel ---- */

/* A read on an empty stream whose writers are held off by us: it is blocked for certain. */
static bool blocked_for_certain(struct req *r)
{
    struct chan *c = r->chan;
    if (run.glibc || !c || c->nonblock || r->op != OP_READ || r->state != OUT)
        return false;
    if (pthread_mutex_trylock(&c->wl) != 0)
        return false;
    if (stream_idle(c) && !atomic_load(&c->eof))
        return true; /* keeps c->wl */
    pthread_mutex_unlock(&c->wl);
    return false;
}

static void submit_twice(struct req *r)
{
    errno = 0;
    int rc = aio_read(&r->cb);
    if (rc != -1 || errno != EINVAL)
        differ(r, NULL, "the same block submitted twice: %d/%s, expected -1/EINVAL", rc, error_name(errno));
    if (error_of(r) != EINPROGRESS)
        differ(r, NULL, "submitting its block again changed it to %s", error_name(error_of(r)));
}

/* The number belongs to another file by now, or to nobody: the request is out of reach. */
static void cancel_foreign(struct req *r)
{
    if (run.glibc)
        return;
    int before = error_of(r);
    int rc = aio_cancel(r->set.aio_fildes, &r->cb);
    if (r->slot->kind == STREAM && rc == AIO_CANCELED)
        return; /* the new number may stand for the same open file */
    if (rc == AIO_CANCELED || (rc == -1 && errno != EBADF))
        differ(r, NULL, "aio_cancel by the number of another file: %s (before: %s)", cancel_name(rc),
               error_name(before));
}

static void cancel_one(struct thread *t, struct req *r)
{
    struct slot *s = r->slot;
    if (run.glibc && r->state == OUT)
        return; /* it strands the requests queued behind a cancelled one that no thread had taken up yet */
    pthread_rwlock_rdlock(&s->lock);
    if (atomic_load(&s->gen) != r->slot_gen) {
        cancel_foreign(r);
        pthread_rwlock_unlock(&s->lock);
        return;
    }
    bool certain = blocked_for_certain(r);
    int before = error_of(r);
    if (certain && before == EINPROGRESS && pick(t, 4) == 0)
        submit_twice(r);
    bool reaped = r->state == REAPED;
    r->tries++;
    errno = 12345;
    int rc = aio_cancel(s->fd, &r->cb);
    int err = errno, e = error_of(r);
    COUNT(cancels);
    note_event(s, t->index, "aio_cancel %d.%d.%u: %s, now %s%s", r->thread, r->index, atomic_load(&r->gen),
               cancel_name(rc), error_name(e), certain ? " (was blocked)" : "");
    if (rc == -1)
        differ(r, NULL, "aio_cancel failed with %s", error_name(err));
    if (err != 12345 && !run.glibc)
        differ(r, NULL, "aio_cancel changed errno to %d", err);
    if (reaped ? rc != AIO_ALLDONE : rc == AIO_CANCELED && e != ECANCELED)
        differ(r, NULL, "aio_cancel said %s, aio_error before it %s, now %s", cancel_name(rc), error_name(before),
               error_name(e));
    if (rc == AIO_CANCELED && before != EINPROGRESS)
        differ(r, NULL, "aio_cancel said AIO_CANCELED of a request that had ended with %s", error_name(before));
    if (rc == AIO_ALLDONE && e == EINPROGRESS)
        differ(r, NULL, "aio_cancel said AIO_ALLDONE, aio_error EINPROGRESS");
    if (certain && rc != AIO_CANCELED && !(rc == AIO_ALLDONE && before == ECANCELED) && before == EINPROGRESS)
        differ(r, NULL, "a read blocked on an empty stream was not cancelled: %s, now %s", cancel_name(rc),
               error_name(e));
    if (rc == AIO_CANCELED)
        r->said_yes = true;
    if (rc == AIO_NOTCANCELED)
        r->said_no = true;
    if (certain)
        pthread_mutex_unlock(&r->chan->wl);
    pthread_rwlock_unlock(&s->lock);
}

static void cancel_all(struct thread *t)
{
    struct slot *s = &run.slot[pick(t, (unsigned)run.nslot)];
    struct req *r = any_live(t);
    if (r && pick(t, 2))
        s = r->slot;
    pthread_rwlock_rdlock(&s->lock);
    pthread_mutex_t *hold = s->rd ? &s->rd->wl : NULL; /* see blocked_for_certain */
    if (hold && pthread_mutex_trylock(hold) != 0) {
        pthread_rwlock_unlock(&s->lock);
        return;
    }
    unsigned gen = atomic_load(&s->gen);
    atomic_fetch_add(&s->cancels[gen % GENS], 1);
    int rc = aio_cancel(s->fd, NULL), err = errno;
    atomic_fetch_add(&s->cancels_ended[gen % GENS], 1);
    COUNT(cancels);
    note_event(s, t->index, "aio_cancel of all: %s", cancel_name(rc));
    if (rc == -1)
        differ(NULL, s, "aio_cancel of all failed with %s", error_name(err));
    if (rc != AIO_NOTCANCELED)
        for (unsigned i = 0; i < t->nlive; i++) {
            struct req *o = t->live[i];
            if (o->slot == s && o->slot_gen == gen && o->state == OUT && error_of(o) == EINPROGRESS)
                differ(o, NULL, "aio_cancel of all said %s, this one is in progress", cancel_name(rc));
        }
    if (hold)
        pthread_mutex_unlock(hold);
    pthread_rwlock_unlock(&s->lock);
}

static void cancel_wrongly(struct thread *t)
{
    struct req *r = any_live(t);
    errno = 0;
    if (aio_cancel(-1, NULL) != -1 || errno != EBADF)
        differ(r, NULL, "aio_cancel(-1): %s", error_name(errno));
    struct slot *s = &run.slot[pick(t, (unsigned)run.nslot)];
    if (!r || pthread_rwlock_tryrdlock(&s->lock) != 0)
        return;
    errno = 0;
    int rc;
    if (s->fd != r->set.aio_fildes && ((rc = aio_cancel(s->fd, &r->cb)) != -1 || errno != EINVAL))
        differ(r, NULL, "aio_cancel with another descriptor: %s/%s, expected -1/EINVAL", cancel_name(rc),
               error_name(errno));
    pthread_rwlock_unlock(&s->lock);
}

void do_cancel(struct thread *t)
{
    unsigned x = pick(t, 20);
    struct req *r = any_live(t);
    if (x == 0)
        cancel_all(t);
    else if (x == 1)
        cancel_wrongly(t);
    else if (r && !r->refuse)
        cancel_one(t, r);
}

/* At the end: what is still reading there will never get anything. */
void cancel_own_reads(struct thread *t)
{
    for (unsigned i = 0; i < t->nlive; i++)
        if (t->live[i]->state == OUT && t->live[i]->slot->kind == STREAM && t->live[i]->op == OP_READ &&
            stream_idle(t->live[i]->chan))
            cancel_one(t, t->live[i]);
}

/* ---- aio_suspend ---- */

static void check_eintr(const struct req *r, const char *what, bool timed, unsigned any, unsigned eintr)
{
    COUNT(eintr);
    if (timed ? handlers_any == any : handlers_eintr == eintr)
        differ(r, NULL, "%s %s returned EINTR and no handler %sran in this thread", what,
               timed ? "with a timeout" : "without a timeout", timed ? "" : "without SA_RESTART ");
}

void do_suspend(struct thread *t)
{
    enum { MAX = 40 };
    const struct aiocb *list[MAX];
    struct req *in[MAX];
    int n = 0, k = 0, want = 1 + (int)pick(t, 12);
    bool must = false, done = false;
    for (int i = 0; i < want; i++) {
        struct req *r = any_live(t);
        if (pick(t, 4) == 0)
            list[n++] = NULL;
        if (!r || r->refuse)
            continue;
        must = must || request_must_finish(r);
        in[k++] = r;
        list[n++] = &r->cb;
    }
    for (int i = 0; i < k; i++)
        done = done || error_of(in[i]) != EINPROGRESS;
    bool timed = !must || pick(t, 2);
    struct timespec ts = { 0, (long)pick(t, 4) * pick(t, 1000000) };
    bool bad = !run.glibc && timed && done && pick(t, 16) == 0;
    if (bad)
        ts.tv_nsec = pick(t, 2) ? -5 : 1000000000;
    unsigned any = handlers_any, eintr = handlers_eintr;
    atomic_store(&t->doing, timed ? "in aio_suspend with a timeout" : "in aio_suspend");
    double before = t_now();
    atomic_store(&t->beat, before);
    errno = 12345;
    int rc = aio_suspend(list, n, timed ? &ts : NULL), err = errno;
    double took = t_now() - before;
    atomic_store(&t->doing, "running");
    COUNT(suspends);
    const struct req *some = k ? in[0] : NULL;
    bool now = k == 0;
    for (int i = 0; i < k; i++)
        now = now || error_of(in[i]) != EINPROGRESS;
    if (rc == 0) {
        if (!now)
            differ(some, NULL, "aio_suspend of %d returned 0 and all are in progress", n);
        if (err != 12345 && !run.glibc)
            differ(some, NULL, "aio_suspend changed errno to %d", err);
        return;
    }
    if (err == EINTR) {
        if (done)
            differ(some, NULL, "aio_suspend of a finished request returned EINTR");
        check_eintr(some, "aio_suspend", timed, any, eintr);
        return;
    }
    if (err != EAGAIN || !timed)
        differ(some, NULL, "aio_suspend of %d %s: %s", n, timed ? "with a timeout" : "without a timeout",
               error_name(err));
    if (done || (k == 0 && !run.glibc))
        differ(some, NULL, "aio_suspend of %d timed out with a finished request (or none) in the list", n);
    if (took < (double)ts.tv_nsec / 1e9 - 1e-4)
        differ(some, NULL, "aio_suspend timed out after %.6f s of %.6f", took, (double)ts.tv_nsec / 1e9);
}

/* ---- aio_fsync ---- */

void do_sync(struct thread *t)
{
    struct slot *s = &run.slot[pick(t, (unsigned)run.nslot)];
    if ((s->kind == STREAM && (run.glibc || pick(t, 8))) || (s->kind == DEVICE && pick(t, 4)))
        return;
    if (run.glibc && !(s->flags & (O_WRONLY | O_RDWR)))
        return; /* it wants a writable descriptor */
    struct req *r = request_new(t);
    if (!r)
        return;
    pthread_rwlock_rdlock(&s->lock);
    r->op = OP_SYNC;
    r->slot = s;
    r->slot_gen = atomic_load(&s->gen);
    r->cancels0 = atomic_load(&s->cancels_ended[r->slot_gen % GENS]);
    r->expect = s->kind == STREAM || s->kind == DEVICE ? EINVAL : 0;
    r->file = s->file;
    atomic_fetch_add(&s->out, 1);
    /* Nothing but the descriptor and the notification counts. */
    request_block(r, s->fd, NULL, (size_t)rnd(t), (off_t)rnd(t), (int)rnd(t));
    r->n = 0;
    r->off = 0;
    if (s->file) {
        struct file *f = s->file;
        pthread_mutex_lock(&f->m);
        r->cover = malloc((f->nout + 1) * sizeof *r->cover);
        for (unsigned i = 0; i < f->nout; i++)
            if (!run.glibc || (f->out[i]->slot == s && f->out[i]->slot_gen == r->slot_gen))
                r->cover[r->ncover++] = (struct cover){ f->out[i], atomic_load(&f->out[i]->gen) };
        pthread_mutex_unlock(&f->m);
    }
    COUNT(syncs);
    request_submit(t, r);
}

/* A sync is done: what had been accepted before it on this file is done too. */
void sync_finish(struct req *r)
{
    struct file *f = r->file;
    if (!f || r->err == ECANCELED)
        return;
    pthread_mutex_lock(&f->m);
    for (unsigned k = 0; k < r->ncover; k++)
        for (unsigned i = 0; i < f->nout; i++)
            if (f->out[i] == r->cover[k].r && atomic_load(&f->out[i]->gen) == r->cover[k].gen) {
                COUNT(covered);
                if (aio_error(&f->out[i]->cb) == EINPROGRESS) {
                    note_event(r->slot, r->thread, "sync %d.%d.%u done before request %d.%d.%u", r->thread, r->index,
                               atomic_load(&r->gen), f->out[i]->thread, f->out[i]->index, r->cover[k].gen);
                    differ(f->out[i], r->slot, "a sync submitted after this request, on %s, is done before it",
                           r->slot->name);
                }
                break;
            }
    pthread_mutex_unlock(&f->m);
}

/* ---- lio_listio ---- */

static struct group *group_new(struct thread *t)
{
    for (int i = 0; i < GROUPS; i++)
        if (!t->group[i].used)
            return &t->group[i];
    return NULL;
}

static void list_wait_result(struct thread *t, struct req **in, int k, int refused, int rc, int err, unsigned eintr)
{
    int failed = 0, running = 0;
    for (int i = 0; i < k; i++) {
        int e = in[i]->refuse ? EINVAL : error_of(in[i]);
        running += e == EINPROGRESS;
        failed += e != 0 && e != EINPROGRESS;
    }
    const struct req *some = k ? in[0] : NULL;
    (void)t;
    if (rc == -1 && err == EINTR)
        check_eintr(some, "lio_listio(LIO_WAIT)", false, 0, eintr);
    else if (rc == -1 && err == EIO) {
        if (running || !failed)
            differ(some, NULL, "lio_listio(LIO_WAIT) says EIO, %d of %d failed, %d are running", failed, k, running);
    } else if (rc == 0) {
        if (running || failed || refused)
            differ(some, NULL, "lio_listio(LIO_WAIT) says 0, %d of %d failed, %d are running", failed, k, running);
    } else
        differ(some, NULL, "lio_listio(LIO_WAIT) of %d: %d/%s", k, rc, error_name(err));
}

static void spoil(struct thread *t, struct req *r)
{
    if (pick(t, 2))
        r->cb.aio_lio_opcode = 77;
    else
        r->cb.aio_reqprio = 21 + (int)pick(t, 100);
    memcpy(&r->set, &r->cb, sizeof r->set);
    r->refuse = 1;
}

void do_list(struct thread *t)
{
    enum { MAX = 48 };
    struct aiocb *list[MAX], nop;
    struct req *in[16];
    bool wait = pick(t, 3) == 0;
    int n = 0, k = 0, refused = 0, want = 1 + (int)pick(t, pick(t, 3) ? 6 : 16);
    memset(&nop, 0xa5, sizeof nop);
    nop.aio_lio_opcode = LIO_NOP;
    for (int i = 0; i < want; i++) {
        if (pick(t, 10) == 0)
            list[n++] = pick(t, 2) ? NULL : &nop;
        struct req *r = request_new(t);
        if (!r)
            break;
        if (!request_prepare(t, r, wait, true)) {
            r->state = FREE;
            continue;
        }
        if (!run.glibc && pick(t, 60) == 0) {
            spoil(t, r);
            refused++;
        }
        r->listed = true;
        r->t0 = t_now();
        in[k++] = r;
        list[n++] = &r->cb;
    }
    struct group *g = wait ? NULL : group_new(t);
    enum note note = g ? notify_choose(t) : NOTE_NONE;
    struct sigevent sev, *sig = NULL;
    if (note == NOTE_NONE)
        g = NULL;
    if (g) {
        g->used = true;
        g->note = note;
        g->t0 = t_now();
        g->all_done_at = 0;
        g->n = 0;
        atomic_store(&g->notified, 0);
        for (int i = 0; i < k; i++)
            if (!in[i]->refuse) {
                in[i]->group = g;
                g->r[g->n++] = in[i];
            }
        notify_fill(t, sig = &sev, note, group_value(g));
    } else if (wait && pick(t, 2)) {
        memset(sig = &sev, 0xa5, sizeof sev); /* ignored */
    }
    unsigned eintr = handlers_eintr;
    atomic_store(&t->beat, t_now());
    atomic_store(&t->doing, wait ? "in lio_listio(LIO_WAIT)" : "in lio_listio(LIO_NOWAIT)");
    sigset_t block, old;
    sigfillset(&block);
    if (run.glibc && wait) /* interrupted, it leaves pointers into our stack */
        pthread_sigmask(SIG_BLOCK, &block, &old);
    errno = 12345;
    int rc = lio_listio(wait ? LIO_WAIT : LIO_NOWAIT, list, n, sig), err = errno;
    if (run.glibc && wait)
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    atomic_store(&t->doing, "running");
    COUNT(lists);
    memset(list, 0xa5, sizeof list); /* both were copied */
    memset(&sev, 0xa5, sizeof sev);
    memset(&nop, 0xa5, sizeof nop);
    if (rc == 0 && err != 12345 && !run.glibc)
        differ(k ? in[0] : NULL, NULL, "a successful lio_listio changed errno to %d", err);
    if (!wait && (refused ? rc != -1 || err != EIO : rc != 0))
        differ(k ? in[0] : NULL, NULL, "lio_listio(LIO_NOWAIT) of %d entries, %d of them bad: %d/%s", k, refused, rc,
               error_name(err));
    if (wait)
        list_wait_result(t, in, k, refused, rc, err, eintr);
    for (int i = 0; i < k; i++)
        if (in[i]->refuse)
            request_refused(t, in[i]);
        else
            request_accepted(t, in[i]);
}

/* ---- calls that must be refused ---- */

static void expect_refusal(struct aiocb *cb, int op, const char *what)
{
    errno = 0;
    int rc = op == 0 ? aio_read(cb) : op == 1 ? aio_write(cb) : aio_fsync(O_SYNC, cb);
    if (rc != -1 || errno != EINVAL)
        differ(NULL, NULL, "%s: %d/%s, expected -1/EINVAL", what, rc, error_name(errno));
    int e = aio_error(cb);
    if (!run.glibc && e != EINVAL && (e != -1 || errno != EINVAL))
        differ(NULL, NULL, "%s: refused, and aio_error says %s", what, error_name(e));
}

static void bad_number(struct thread *t)
{
    struct aiocb cb;
    char buf[8];
    t_block(&cb, 1 << 19, buf, sizeof buf, 0);
    if ((pick(t, 2) ? aio_read(&cb) : aio_write(&cb)) != 0)
        differ(NULL, NULL, "a bad descriptor was refused by the call: %s", error_name(errno));
    atomic_store(&t->doing, "waiting for a bad descriptor's request");
    const struct aiocb *list[1] = { &cb };
    while (aio_error(&cb) == EINPROGRESS)
        (void)aio_suspend(list, 1, NULL);
    atomic_store(&t->doing, "running");
    int e = aio_error(&cb);
    if (e != EBADF || aio_return(&cb) != -1)
        differ(NULL, NULL, "a bad descriptor ended with %s", error_name(e));
}

void do_refused(struct thread *t)
{
    struct slot *s = &run.slot[0];
    const struct aiocb *none[1] = { NULL };
    struct aiocb cb, *empty[1] = { NULL };
    u8 *buf = buffer_new(64);
    int op = (int)pick(t, 2);
    pthread_rwlock_rdlock(&s->lock);
    t_block(&cb, s->fd, buf, 64, 0);
    switch (pick(t, run.glibc ? 2 : 10)) {
    case 0:
        cb.aio_reqprio = pick(t, 2) ? -1 : 21;
        expect_refusal(&cb, op, "a bad priority");
        break;
    case 1:
        bad_number(t);
        break;
    case 2:
        cb.aio_nbytes = (size_t)SSIZE_MAX + 1 + pick(t, 100);
        expect_refusal(&cb, op, "a bad size");
        break;
    case 3:
        cb.aio_offset = -1 - (off_t)pick(t, 100);
        expect_refusal(&cb, op, "a bad offset");
        break;
    case 4:
        cb.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
        cb.aio_sigevent.sigev_signo = pick(t, 2) ? 65 : -1;
        expect_refusal(&cb, op, "a bad signal number");
        break;
    case 5:
        cb.aio_sigevent.sigev_notify = SIGEV_THREAD;
        cb.aio_sigevent.sigev_notify_function = NULL;
        expect_refusal(&cb, op, "no function");
        break;
    case 6:
        errno = 0;
        if (aio_fsync(12345, &cb) != -1 || errno != EINVAL)
            differ(NULL, NULL, "aio_fsync with a bad operation: %s", error_name(errno));
        cb.aio_fildes = 1 << 19;
        errno = 0;
        if (aio_fsync(O_SYNC, &cb) != -1 || errno != EBADF)
            differ(NULL, NULL, "aio_fsync of a bad descriptor: %s", error_name(errno));
        break;
    case 7: {
        struct timespec zero = { 0, 0 };
        const struct aiocb *list[1] = { &cb };
        memset(&cb, pick(t, 2) ? 0 : (int)pick(t, 256), sizeof cb);
        errno = 0;
        if (aio_error(&cb) != -1 || errno != EINVAL)
            differ(NULL, NULL, "aio_error of a block never submitted: %s", error_name(errno));
        errno = 0;
        if (aio_return(&cb) != -1 || errno != EINVAL)
            differ(NULL, NULL, "aio_return of a block never submitted: %s", error_name(errno));
        if (aio_suspend(list, 1, pick(t, 2) ? &zero : NULL) != 0)
            differ(NULL, NULL, "aio_suspend of a block never submitted: %s", error_name(errno));
        break;
    }
    case 8:
        errno = 0;
        if (aio_suspend(none, -1, NULL) != -1 || errno != EINVAL)
            differ(NULL, NULL, "aio_suspend of -1 entries: %s", error_name(errno));
        if (aio_suspend(none, 0, NULL) != 0)
            differ(NULL, NULL, "aio_suspend of 0 entries: %s", error_name(errno));
        break;
    default:
        errno = 0;
        if (lio_listio(9, empty, 0, NULL) != -1 || errno != EINVAL)
            differ(NULL, NULL, "lio_listio with a bad mode: %s", error_name(errno));
        errno = 0;
        if (lio_listio(LIO_WAIT, empty, -1, NULL) != -1 || errno != EINVAL)
            differ(NULL, NULL, "lio_listio of -1 entries: %s", error_name(errno));
    }
    pthread_rwlock_unlock(&s->lock);
    for (int i = 0; i < 64; i++)
        if (buf[i] != 0x5c)
            differ(NULL, NULL, "a refused request touched its buffer");
    free(buf);
}
