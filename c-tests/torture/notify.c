/* Notifications: each exactly once, never before the status is final.
 *
 * The value that travels with a notification names the request record and its generation, so one
 * that comes twice, late, or to a request that wanted none is recognised. */
#include "torture.h"

_Thread_local volatile unsigned handlers_any, handlers_eintr;

static pthread_attr_t joinable;
static atomic_int child_seen[64];

static int signal_of(enum note note)
{
    return SIGRTMIN + 2 + (int)note;
}

u64 request_value(const struct req *r)
{
    return (u64)atomic_load(&r->gen) << 16 | (u64)r->thread << 8 | (u64)r->index;
}
u64 group_value(const struct group *g)
{
    return (u64)atomic_load(&g->gen) << 16 | VALUE_GROUP | (u64)g->thread << 8 | (u64)g->index;
}

static void async_differ(const char *what, u64 value)
{
    if (run.child) {
        ssize_t n = write(2, what, strlen(what));
        (void)n;
        _exit(1);
    }
    const char *none = NULL;
    atomic_store(&run.async_value, value);
    atomic_compare_exchange_strong(&run.async_what, &none, what);
}

/* glibc's aio_error takes a lock, so its handlers may only look at the word. */
static int status(const struct req *r, bool handler)
{
    if (run.glibc && handler)
        return __atomic_load_n(&r->cb.__error_code, __ATOMIC_ACQUIRE);
    int e = aio_error(&r->cb);
    if (handler && e != EINPROGRESS) {
        const struct aiocb *list[1] = { &r->cb };
        struct timespec zero = { 0, 0 };
        if (aio_suspend(list, 1, &zero) != 0)
            async_differ("aio_suspend of a finished request in a handler failed", request_value(r));
    }
    return e;
}

static void arrived(u64 v, enum note how, bool handler)
{
    if (v & VALUE_CHILD) {
        if (!run.child)
            async_differ("a child's notification came to the parent", v);
        atomic_fetch_add(&child_seen[v & 63], 1);
        return;
    }
    if (run.child) {
        async_differ("a notification of the parent's request came to the child\n", v);
        return;
    }
    unsigned gen = (unsigned)(v >> 16);
    struct thread *t = run.thread[v >> 8 & 7];
    if ((int)(v >> 8 & 7) >= run.nthreads || !t) {
        async_differ("a notification with a value nobody gave", v);
        return;
    }
    if (v & VALUE_GROUP) {
        struct group *g = &t->group[(v & 255) % GROUPS];
        if (atomic_load(&g->gen) != gen) {
            async_differ("the notification of a list came twice", v);
            return;
        }
        if (g->note != how)
            async_differ("a list was notified in another way than asked for", v);
        for (int i = 0; i < g->n; i++)
            if (status(g->r[i], handler) == EINPROGRESS)
                async_differ("the notification of a list came before all its requests were done", v);
        if (how == NOTE_JOINED)
            atomic_store(&g->joinable, pthread_self());
        if (atomic_fetch_add(&g->notified, 1) != 0)
            async_differ("the notification of a list came twice", v);
        return;
    }
    struct req *r = &t->req[v & 255];
    if (atomic_load(&r->gen) != gen) {
        async_differ("the notification of a request came twice, or long after it", v);
        return;
    }
    if (r->note != how)
        async_differ("a request was notified in another way than asked for", v);
    int e = status(r, handler);
    if (e == EINPROGRESS || e == -1)
        async_differ("a notification came before the status was final", v);
    if (how == NOTE_JOINED)
        atomic_store(&r->joinable, pthread_self());
    if (atomic_fetch_add(&r->notified, 1) != 0)
        async_differ("the notification of a request came twice", v);
}

static void check_info(const siginfo_t *si, u64 v)
{
    if (si->si_code != SI_ASYNCIO)
        async_differ("a notification signal without SI_ASYNCIO", v);
    if (si->si_pid != getpid() || si->si_uid != getuid())
        async_differ("a notification signal with a wrong si_pid or si_uid", v);
}

static void handler(int sig, siginfo_t *si, void *context)
{
    (void)context;
    int saved = errno;
    enum note how = (enum note)(sig - SIGRTMIN - 2);
    u64 v = (u64)(uintptr_t)si->si_value.sival_ptr;
    handlers_any++;
    if (how == NOTE_EINTR)
        handlers_eintr++;
    COUNT(signals);
    if (how != NOTE_TID)
        check_info(si, v);
    else if (!(v & VALUE_CHILD) && run.thread[v >> 8 & 7] && run.thread[v >> 8 & 7]->tid != gettid())
        async_differ("a SIGEV_THREAD_ID signal came to another thread", v);
    arrived(v, how, true);
    errno = saved;
}

static void callback_of(union sigval sv, enum note how)
{
    u64 v = (u64)(uintptr_t)sv.sival_ptr;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int s = 1; s <= SIGRTMAX; s++)
        if ((s < 32 || s >= SIGRTMIN) && sigismember(&mask, s) == 1)
            async_differ("a callback runs with signals blocked", v);
    COUNT(callbacks);
    arrived(v, how, false);
}
static void callback(union sigval sv)
{
    callback_of(sv, NOTE_THREAD);
}
static void callback_joined(union sigval sv)
{
    callback_of(sv, NOTE_JOINED);
}

static void *take_signals(void *arg)
{
    (void)arg;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_of(NOTE_WAITED));
    while (!atomic_load(&run.over)) {
        siginfo_t si;
        struct timespec ts = { 0, 100000000 };
        if (sigtimedwait(&set, &si, &ts) < 0)
            continue;
        u64 v = (u64)(uintptr_t)si.si_value.sival_ptr;
        COUNT(signals);
        check_info(&si, v);
        arrived(v, NOTE_WAITED, false);
    }
    return NULL;
}

/* Before any other thread: all inherit the mask. */
void notify_init(void)
{
    static const enum note all[] = { NOTE_RESTART, NOTE_EINTR, NOTE_WAITED, NOTE_TID };
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_of(NOTE_WAITED));
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct sigaction sa;
        memset(&sa, 0, sizeof sa);
        sa.sa_sigaction = handler;
        sa.sa_flags = SA_SIGINFO | (all[i] == NOTE_EINTR ? 0 : SA_RESTART);
        sigemptyset(&sa.sa_mask);
        sigaction(signal_of(all[i]), &sa, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    pthread_attr_init(&joinable);
    pthread_attr_setstacksize(&joinable, 256 << 10);
    pthread_t th;
    if (pthread_create(&th, NULL, take_signals, NULL) != 0)
        give_up("pthread_create");
    pthread_detach(th);
}

void notify_fill(struct thread *t, struct sigevent *ev, enum note note, u64 value)
{
    memset(ev, pick(t, 2) ? 0xa5 : 0, sizeof *ev);
    ev->sigev_value.sival_ptr = (void *)(uintptr_t)value;
    switch (note) {
    case NOTE_NONE:
        ev->sigev_notify = SIGEV_NONE;
        break;
    case NOTE_THREAD:
        ev->sigev_notify = SIGEV_THREAD;
        ev->sigev_notify_function = callback;
        ev->sigev_notify_attributes = NULL;
        break;
    case NOTE_JOINED:
        ev->sigev_notify = SIGEV_THREAD;
        ev->sigev_notify_function = callback_joined;
        ev->sigev_notify_attributes = &joinable;
        break;
    case NOTE_TID:
        ev->sigev_notify = SIGEV_THREAD_ID;
        ev->sigev_signo = signal_of(note);
        ev->_sigev_un._tid = t->tid;
        break;
    default:
        ev->sigev_notify = SIGEV_SIGNAL;
        ev->sigev_signo = signal_of(note);
    }
}

enum note notify_choose(struct thread *t)
{
    unsigned x = pick(t, 100);
    if (x < 60 || without("notifications"))
        return NOTE_NONE;
    if (x < 70)
        return NOTE_RESTART;
    if (x < 80)
        return NOTE_EINTR;
    if (x < 90)
        return NOTE_WAITED;
    if (x < 94)
        return NOTE_THREAD;
    if (x < 96)
        return NOTE_JOINED;
    return run.glibc ? NOTE_NONE : NOTE_TID; /* glibc ignores SIGEV_THREAD_ID */
}

/* Lists whose notification came are done with; one that stays away is lost. */
void group_reap(struct thread *t)
{
    for (int i = 0; i < GROUPS; i++) {
        struct group *g = &t->group[i];
        if (!g->used)
            continue;
        int came = atomic_load(&g->notified);
        if (came == 0) {
            bool all = true;
            for (int k = 0; k < g->n; k++)
                all = all && g->r[k]->state == REAPED;
            if (!all)
                continue;
            if (g->all_done_at == 0)
                g->all_done_at = t_now();
            else if (t_now() - g->all_done_at > run.hang)
                differ(g->n ? g->r[0] : NULL, NULL,
                       "the notification (kind %d) of a list of %d has not come %.0f s after its end", g->note,
                       g->n, run.hang);
            continue;
        }
        if (g->note == NOTE_JOINED)
            pthread_join(atomic_load(&g->joinable), NULL);
        for (int k = 0; k < g->n; k++) {
            if (error_of(g->r[k]) == EINPROGRESS)
                differ(g->r[k], NULL, "its list was notified and it is still in progress");
            g->r[k]->group = NULL;
        }
        atomic_fetch_add(&g->gen, 1);
        g->used = false;
    }
}

void notify_child_start(void)
{
    run.child = true;
    for (int i = 0; i < 64; i++)
        atomic_store(&child_seen[i], 0);
}
bool notify_child_seen(u64 value)
{
    int n = atomic_load(&child_seen[value & 63]);
    if (n > 1)
        differ(NULL, NULL, "a notification came %d times", n);
    return n == 1;
}
