/* Torture: random operations on 64 descriptors of all kinds from several threads, every result checked
 * against a model. Exit 0: no difference; 1: a difference; 2: a hang; 3: the machine refused something.
 *
 *   model [--seconds N] [--seed S] [--threads T] [--dir D] [--hang SECONDS] [--glibc] [--quiet]
 *         [--without LIST] [--keep]
 *
 * --without narrows a failure down: any of submits, cancels, syncs, lists, suspends, closes, quietstream (closes
 * of streams with requests outstanding), forks, exits, notifications, prios, regulars, directs, appends, streams,
 * devices. (With it a seed gives another run.)
 * --keep: after a difference or hang the process stays for a debugger.
 * --glibc leaves out what glibc's own AIO gets wrong, to show that the model itself is right. */
#include "torture.h"

#include <dirent.h>
#include <getopt.h>

struct run run;

void world_make(void);
void world_verify(void);
void world_remove(void);

static int count_entries(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void submit_one(struct thread *t)
{
    struct req *r = request_new(t);
    if (!r)
        return;
    for (int tries = 0; tries < 4; tries++)
        if (request_prepare(t, r, false, false)) {
            request_submit(t, r);
            return;
        }
    r->state = FREE;
}

/* Submits and is gone; the requests are reaped by the thread that sent it. */
static void *short_lived(void *arg)
{
    struct thread *t = arg;
    for (unsigned n = 1 + pick(t, 6); n > 0; n--)
        submit_one(t);
    return NULL;
}

static void do_short_lived(struct thread *t)
{
    pthread_t th;
    if (pthread_create(&th, NULL, short_lived, t) != 0)
        give_up("pthread_create");
    pthread_join(th, NULL);
    COUNT(threads);
}

static void nap(struct thread *t)
{
    usleep(pick(t, 3000));
}

static void reap_many(struct thread *t)
{
    reap_some(t, 16);
}

/* What a thread does next, of ten thousand. */
static const struct {
    unsigned share;
    void (*act)(struct thread *t);
    const char *name;
} acts[] = {
    { 5000, submit_one, "submits" }, { 600, do_list, "lists" },      { 1000, do_suspend, "suspends" },
    { 2200, reap_many, "reaps" },    { 450, do_cancel, "cancels" },  { 80, do_sync, "syncs" },
    { 120, do_close, "closes" },    { 8, do_fork, "forks" },        { 42, do_short_lived, "exits" },
    { 100, do_refused, "refusals" }, { 100, file_spot_check, "spot" }, { 20, nap, "naps" },
    { 280, reap_all, "reaps" },
};

static void step(struct thread *t)
{
    unsigned x = pick(t, 10000), i = 0;
    while (x >= acts[i].share)
        x -= acts[i++].share;
    if (!without(acts[i].name))
        acts[i].act(t);
    if (t->nout >= OUT_MAX - 4) {
        reap_all(t);
        sched_yield();
    }
    reap_some(t, 4);
    if (t->steps % 32 == 0) {
        group_reap(t);
        children_poll(t);
        for (int i = 0; i < run.nfile; i++)
            if (run.file[i].kind == APPEND)
                append_turn(&run.file[i], false);
    }
}

/* ---- the end: everything accepted is finished, everything written is read ---- */

static void submit_on(struct thread *t, struct slot *s, bool write, size_t fixed)
{
    struct req *r = request_new(t);
    if (!r)
        return;
    if (request_prepare_on(t, r, s, write, false, fixed))
        request_submit(t, r);
    else
        r->state = FREE;
}

static bool can_end(const struct chan *c) /* its reader sees the end when the writer closes */
{
    return c->w->wr == c && !c->w->rd && (c->w->name[0] == 'p' || c->w->name[0] == 'f' || c->w->name[0] == 's');
}

static void end_stream(struct thread *t, struct chan *c)
{
    struct slot *s = c->w;
    pthread_rwlock_wrlock(&s->lock);
    atomic_store(&c->eof, true);
    note_event(s, t->index, "closed for good");
    close(s->fd);
    close(s->keep);
    s->fd = s->keep = -1;
    pthread_rwlock_unlock(&s->lock);
}

static bool all_streams_idle(void)
{
    for (int i = 0; i < run.nchan; i++)
        if (!stream_idle(&run.chan[i]))
            return false;
    return true;
}

static bool all_reads_ended(void)
{
    for (int i = 0; i < run.nchan; i++)
        if (atomic_load(&run.chan[i].rout))
            return false;
    return true;
}

static void drain_chan(struct thread *t, struct chan *c, bool settled)
{
    int rout = atomic_load(&c->rout);
    if (!stream_idle(c)) {
        if (rout == 0)
            submit_on(t, c->r, false, c->message ? c->max_write : 1 << 16);
    } else if (settled && rout > 0 && !atomic_load(&c->eof)) {
        if (can_end(c) && (run.glibc || c->id % 2))
            end_stream(t, c);
        else if (run.glibc)
            submit_on(t, c->w, true, 16);
    }
}

static void drain(struct thread *t)
{
    bool ready = false, settled = false;
    while (t->nlive || !settled || !all_reads_ended() || !all_streams_idle()) {
        atomic_store(&t->beat, t_now());
        reap_all(t);
        children_poll(t);
        unsigned files = 0;
        for (unsigned i = 0; i < t->nlive; i++)
            files += t->live[i]->state == OUT && t->live[i]->slot->kind != STREAM;
        if (!ready && files == 0 && t->nchild == 0) {
            ready = true;
            atomic_fetch_add(&run.ready, 1);
        }
        if (!settled)
            settled = atomic_load(&run.ready) == run.nthreads && all_streams_idle();
        for (int i = t->index; i < run.nchan; i += run.nthreads)
            drain_chan(t, &run.chan[i], settled);
        if (settled && !run.glibc)
            cancel_own_reads(t);
        usleep(200);
    }
    decoys_close(t, true);
}

static void *thread_main(void *arg)
{
    struct thread *t = arg;
    t->tid = gettid();
    while (!atomic_load(&run.stop)) {
        t->steps++;
        atomic_store(&t->beat, t_now());
        step(t);
    }
    atomic_store(&t->doing, "draining");
    drain(t);
    atomic_store(&t->doing, "done");
    return NULL;
}

/* ---- the watchdog ---- */

struct watch {
    unsigned long done;
    double moved;
    unsigned chan[CHANS];
    double chan_moved[CHANS];
    double stopped_at;
};

static void watch(struct watch *w)
{
    double now = t_now();
    const char *what = atomic_load(&run.async_what);
    if (what) {
        u64 v = atomic_load(&run.async_value);
        struct req *r = !(v & VALUE_GROUP) && run.thread[v >> 8 & 7] ? &run.thread[v >> 8 & 7]->req[v & 255] : NULL;
        differ(r, NULL, "%s (value %llx: generation %llu)", what, (unsigned long long)v, (unsigned long long)(v >> 16));
    }
    for (int i = 0; i < run.nthreads; i++)
        if (now - atomic_load(&run.thread[i]->beat) > run.hang && strcmp(atomic_load(&run.thread[i]->doing), "done") != 0)
            hang("thread %d is %s for more than %.0f s", i, atomic_load(&run.thread[i]->doing), run.hang);
    unsigned long done = atomic_load(&run.stats.done);
    bool must = atomic_load(&run.file_out) > 0;
    for (int i = 0; i < run.nchan; i++) {
        struct chan *c = &run.chan[i];
        unsigned p = atomic_load(&c->progress);
        bool move = stream_must_move(c);
        must = must || move;
        if (p != w->chan[i] || !move) {
            w->chan[i] = p;
            w->chan_moved[i] = now;
        } else if (now - w->chan_moved[i] > 3 * run.hang) {
            hang("stream %d (%s) has not moved for %.0f s although it must", i, c->w->name, 3 * run.hang);
        }
    }
    if (done != w->done || !must) {
        w->done = done;
        w->moved = now;
    } else if (now - w->moved > run.hang) {
        hang("no request has finished for %.0f s", run.hang);
    }
    if (atomic_load(&run.stop) && now - w->stopped_at > 6 * run.hang)
        hang("the end does not come");
}

static void progress_line(const char *lead)
{
    struct stats *s = &run.stats;
    fprintf(stderr,
            "%s%6.1f s: %lu done (%lu reads, %lu writes, %lu lists, %lu MiB), %lu suspends (%lu EINTR), %lu syncs (%lu "
            "covered), %lu cancels (%lu cancelled), %lu closes (%lu busy, %lu reused), %lu forks, %lu threads, %lu signals, "
            "%lu callbacks, %lu mixed\n",
            lead, t_now() - run.start, s->done, s->reads, s->writes, s->lists, s->bytes >> 20, s->suspends, s->eintr,
            s->syncs, s->covered, s->cancels, s->cancelled, s->closes, s->closed_busy, s->reused, s->forks, s->threads,
            s->signals, s->callbacks, s->torn);
}

static void options(int argc, char **argv)
{
    static const struct option opts[] = { { "seconds", 1, 0, 'n' }, { "seed", 1, 0, 's' },  { "threads", 1, 0, 't' },
                                          { "dir", 1, 0, 'd' },     { "hang", 1, 0, 'h' },  { "glibc", 0, 0, 'g' },
                                          { "quiet", 0, 0, 'q' },   { "without", 1, 0, 'w' },
                                          { "keep", 0, 0, 'k' },    { NULL, 0, 0, 0 } };
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    run.seed = mix((u64)ts.tv_nsec ^ (u64)ts.tv_sec << 30 ^ (u64)getpid()) >> 32;
    run.nthreads = 4;
    run.seconds = 10;
    run.hang = 20;
    run.dir = ".";
    for (int c; (c = getopt_long(argc, argv, "", opts, NULL)) != -1;)
        switch (c) {
        case 'n':
            run.seconds = atof(optarg);
            break;
        case 's':
            run.seed = strtoull(optarg, NULL, 0);
            break;
        case 't':
            run.nthreads = atoi(optarg);
            break;
        case 'd':
            run.dir = optarg;
            break;
        case 'h':
            run.hang = atof(optarg);
            break;
        case 'g':
            run.glibc = true;
            break;
        case 'k':
            run.keep = true;
            break;
        case 'w':
            run.without = optarg;
            break;
        case 'q':
            run.quiet = true;
            break;
        default:
            fprintf(stderr, "usage: model [--seconds N] [--seed S] [--threads T] [--dir D] [--hang SECONDS]\n"
                            "             [--glibc] [--quiet] [--without LIST] [--keep]\n");
            exit(64);
        }
    if (run.nthreads < 1 || run.nthreads > MAX_THREADS) {
        fprintf(stderr, "1 to %d threads\n", MAX_THREADS);
        exit(64);
    }
}

int main(int argc, char **argv)
{
    options(argc, argv);
    struct rlimit core = { 0, 0 };
    setrlimit(RLIMIT_CORE, &core);
    fprintf(stderr, "seed %llu, %d threads, %.0f s, UAIO_ENGINE=%s%s\n", (unsigned long long)run.seed, run.nthreads,
            run.seconds, getenv("UAIO_ENGINE") ? getenv("UAIO_ENGINE") : "", run.glibc ? ", on glibc" : "");
    run.start = t_now();
    char dir[280];
    snprintf(dir, sizeof dir, "%s/torture-XXXXXX", run.dir);
    if (!mkdtemp(dir))
        give_up(dir);
    run.dir = dir;
    if (run.glibc) { /* its blocked reads each take a thread */
        struct aioinit init = { .aio_threads = 200, .aio_num = 512, .aio_idle_time = 1 };
        aio_init(&init);
    }
    notify_init();
    for (int i = 0; i < run.nthreads; i++) {
        struct thread *t = run.thread[i] = calloc(1, sizeof *t);
        t->index = i;
        t->rng = mix(run.seed * 64 + (u64)i);
        for (int k = 0; k < REQS; k++) {
            t->req[k].thread = i;
            t->req[k].index = k;
        }
        for (int k = 0; k < GROUPS; k++) {
            t->group[k].thread = i;
            t->group[k].index = k;
        }
        atomic_store(&t->doing, "running");
        atomic_store(&t->beat, t_now());
        decoy_init(t);
    }
    world_make();
    int fds = count_entries("/proc/self/fd"), tasks = count_entries("/proc/self/task");
    for (int i = 0; i < run.nthreads; i++)
        if (pthread_create(&run.thread[i]->pt, NULL, thread_main, run.thread[i]) != 0)
            give_up("pthread_create");
    struct watch w = { .moved = t_now() };
    for (int i = 0; i < CHANS; i++)
        w.chan_moved[i] = w.moved;
    double end = run.start + run.seconds, line = t_now() + 5;
    int most_tasks = 0;
    for (int joined = 0; joined < run.nthreads;) {
        usleep(100000);
        double now = t_now();
        if (now > end && !atomic_load(&run.stop)) {
            w.stopped_at = now;
            atomic_store(&run.stop, true);
        }
        watch(&w);
        if (now > line && !run.quiet) {
            int n = count_entries("/proc/self/task");
            most_tasks = n > most_tasks ? n : most_tasks;
            progress_line("");
            line = now + 5;
        }
        for (joined = 0; joined < run.nthreads && strcmp(atomic_load(&run.thread[joined]->doing), "done") == 0;)
            joined++;
    }
    for (int i = 0; i < run.nthreads; i++)
        pthread_join(run.thread[i]->pt, NULL);
    world_verify();
    for (int i = 0; i < run.nthreads; i++)
        decoy_check(run.thread[i]);
    w.stopped_at = t_now();
    usleep(50000); /* a notification that comes twice would come about now */
    watch(&w);
    progress_line("end ");
    fprintf(stderr, "descriptors %d, at the start %d; tasks %d, at the start %d, at most seen %d\n",
            count_entries("/proc/self/fd"), fds, count_entries("/proc/self/task"), tasks, most_tasks);
    atomic_store(&run.over, true);
    world_remove();
    fprintf(stderr, "no difference (seed %llu)\n", (unsigned long long)run.seed);
    return 0;
}
