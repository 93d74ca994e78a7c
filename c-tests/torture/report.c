/* What is printed when the library and the model disagree, or when nothing moves any more. */
#include "torture.h"

#include <dirent.h>
#include <stdarg.h>

void note_event(struct slot *s, int thread, const char *fmt, ...)
{
    char text[sizeof s->hist[0].text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    double now = t_now() - run.start;
    pthread_mutex_lock(&s->hm);
    struct event *e = &s->hist[s->nhist++ % HISTORY];
    e->at = now;
    e->thread = thread;
    memcpy(e->text, text, sizeof text);
    pthread_mutex_unlock(&s->hm);
}

const char *error_name(int e)
{
    static const struct {
        int e;
        const char *name;
    } names[] = { { 0, "0" },           { EINPROGRESS, "EINPROGRESS" }, { ECANCELED, "ECANCELED" },
                  { EINVAL, "EINVAL" }, { EBADF, "EBADF" },             { EAGAIN, "EAGAIN" },
                  { EIO, "EIO" },       { EINTR, "EINTR" },             { ENOSPC, "ENOSPC" },
                  { EPIPE, "EPIPE" },   { EFAULT, "EFAULT" },           { -1, "-1" } };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].e == e)
            return names[i].name;
    return strerror(e);
}

static const char *op_name(enum op op)
{
    return op == OP_READ ? "read" : op == OP_WRITE ? "write" : "sync";
}

static void describe_request(const struct req *r)
{
    static const char *const note[NOTES] = { "none",           "signal (SA_RESTART)",
                                             "signal",         "signal (sigwaitinfo)",
                                             "thread",         "joinable thread",
                                             "SIGEV_THREAD_ID" };
    static const char *const state[] = { "free", "prepared", "out", "reaped" };
    fprintf(stderr,
            "  request %d.%d.%u: %s of %zu at %lld on %s (number %d, generation %u, now %u)\n"
            "    %s, %.3f s old, library's code %s, prio %d, notification %s, came %d times\n"
            "    blocks %u+%u, ticket %llu, aio_cancel tried %d (yes %d, no %d), in a list %d, err %s, "
            "ret %zd\n",
            r->thread, r->index, atomic_load(&r->gen), op_name(r->op), r->n, (long long)r->off,
            r->slot ? r->slot->name : "?", r->set.aio_fildes, r->slot_gen,
            r->slot ? atomic_load(&r->slot->gen) : 0, state[r->state], t_now() - r->t0,
            error_name(r->cb.__error_code), r->set.aio_reqprio, note[r->note], atomic_load(&r->notified),
            r->first, r->nblk, (unsigned long long)r->ticket, r->tries, r->said_yes, r->said_no, r->listed,
            error_name(r->err), r->ret);
}

static void describe_history(struct slot *s)
{
    fprintf(stderr, "history of %s (now number %d, generation %u), oldest first:\n", s->name, s->fd,
            atomic_load(&s->gen));
    unsigned n = s->nhist, from = n > HISTORY ? n - HISTORY : 0;
    for (unsigned i = from; i < n; i++) {
        struct event *e = &s->hist[i % HISTORY];
        fprintf(stderr, "  %10.6f thread %d: %s\n", e->at, e->thread, e->text);
    }
}

static void describe_chan(struct chan *c)
{
    fprintf(stderr,
            "  stream %d %s -> %s: writes %llu..%llu (%d in flight), reads %llu..%llu (%d in flight), "
            "delivered-but-unmatched %zu, available %ld, position %zu in the oldest write\n",
            c->id, c->w->name, c->r->name, (unsigned long long)c->whead, (unsigned long long)c->wnext,
            atomic_load(&c->wout), (unsigned long long)c->rhead, (unsigned long long)c->rnext,
            atomic_load(&c->rout), c->ncarry, atomic_load(&c->avail), c->segpos);
}

static _Noreturn void end_report(int status)
{
    fprintf(stderr, "seed %llu\n", (unsigned long long)run.seed);
    fflush(stderr);
    if (run.keep) {
        fprintf(stderr, "process %d waits for a debugger\n", (int)getpid());
        for (;;)
            pause();
    }
    _exit(status);
}

/* One reporter only; whoever comes second sleeps until the first has ended the program. */
static void begin_report(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (atomic_exchange(&run.reporting, true))
        pause();
    fflush(stdout);
}

void differ(const struct req *r, struct slot *s, const char *fmt, ...)
{
    va_list ap;
    if (run.child)
        atomic_store(&run.reporting, false); /* perhaps inherited while the parent reports */
    begin_report();
    fprintf(stderr, "\nDIFFERENCE%s after %.3f s: ", run.child ? " in a child" : "", t_now() - run.start);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    if (r)
        describe_request(r);
    if (r && !s)
        s = r->slot;
    if (r && r->chan)
        describe_chan(r->chan);
    if (s)
        describe_history(s);
    if (r && r->chan && s != r->chan->w)
        describe_history(r->chan->w);
    if (r && r->chan && s != r->chan->r)
        describe_history(r->chan->r);
    end_report(1);
}

static void copy_line(const char *path, const char *label)
{
    char buf[400];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, buf, sizeof buf - 1);
    close(fd);
    if (n <= 0)
        return;
    buf[n] = 0;
    buf[strcspn(buf, "\n")] = 0;
    fprintf(stderr, " %s %s", label, buf);
}

/* The tasks of a process with what they wait in: for hangs. */
void describe_tasks(pid_t pid)
{
    char path[64], file[400];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *d = opendir(path);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        fprintf(stderr, "  task %s:", e->d_name);
        snprintf(file, sizeof file, "%s/%s/comm", path, e->d_name);
        copy_line(file, "");
        snprintf(file, sizeof file, "%s/%s/wchan", path, e->d_name);
        copy_line(file, "in");
        snprintf(file, sizeof file, "%s/%s/syscall", path, e->d_name);
        copy_line(file, "call");
        fprintf(stderr, "\n");
    }
    closedir(d);
}

void hang(const char *fmt, ...)
{
    va_list ap;
    begin_report();
    fprintf(stderr, "\nHANG after %.3f s: ", t_now() - run.start);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\nthreads:\n");
    for (int i = 0; i < run.nthreads; i++) {
        struct thread *t = run.thread[i];
        fprintf(stderr, "  thread %d (task %d): %s for %.1f s, %u live, %u out\n", i, (int)t->tid,
                atomic_load(&t->doing), t_now() - atomic_load(&t->beat), t->nlive, t->nout);
    }
    fprintf(stderr, "requests outstanding (the library's code is read from the block):\n");
    for (int i = 0; i < run.nthreads; i++) {
        struct thread *t = run.thread[i];
        for (unsigned k = 0; k < REQS; k++) {
            struct req *r = &t->req[k]; /* PREPARED: the call has not returned yet */
            if (r->state == OUT || r->state == PREPARED || (r->state == REAPED && r->note != NOTE_NONE))
                describe_request(r);
        }
    }
    fprintf(stderr, "streams:\n");
    for (int i = 0; i < run.nchan; i++)
        if (!stream_idle(&run.chan[i]) || atomic_load(&run.chan[i].rout))
            describe_chan(&run.chan[i]);
    for (int i = 0; i < run.nthreads; i++)
        if (run.thread[i]->closing) {
            fprintf(stderr, "thread %d closes %s\n", i, run.thread[i]->closing->name);
            describe_history(run.thread[i]->closing);
        }
    fprintf(stderr, "tasks:\n");
    describe_tasks(getpid());
    end_report(2);
}

void give_up(const char *what)
{
    int e = errno;
    begin_report();
    fprintf(stderr, "cannot go on: %s: %s (seed %llu)\n", what, strerror(e), (unsigned long long)run.seed);
    _exit(3);
}
