/* The torture program: what its rooms share.
 *
 *   model.c     options, the world of 64 descriptors, the submitting threads, the watchdog, the end
 *   requests.c  one request from preparation over the call to its reaping; every general check
 *   notify.c    signals and callbacks: exactly once, never early
 *   files.c     what regular, direct and append files must contain
 *   streams.c   what pipes, FIFOs, sockets and terminals must deliver
 *   calls.c     aio_cancel, aio_suspend, aio_fsync, lio_listio and refused calls
 *   closes.c    close, dup2, dup3, close_range under load; decoys on the reused numbers
 *   children.c  fork and posix_spawn
 *   report.c    history, differences, hangs
 *
 * Locks, in the order in which they are taken: slot->lock (shared to use the number, exclusive to
 * close it), the order mutex of a stream direction or append file (held over the call, so that the
 * call order is known), the model mutex of a stream or file. Whoever holds one of the first two and
 * wants another of them only tries.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include "../test.h"

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum {
    MAX_THREADS = 8,
    REQS = 256,      /* request records per thread */
    OUT_MAX = 96,    /* of these in progress at most */
    GROUPS = 32,
    SLOTS = 64,
    CHANS = 64,
    FILES = 16,
    WINDOW = 32,     /* requests of a stream direction between the oldest unverified and the newest */
    MAX_BLOCKS = 64, /* blocks of one request */
    MAX_BS = 8192,
    HISTORY = 64,
    GENS = 64, /* generations of a slot for which cancels are remembered */
    RECORDS = 4096,
    DECOYS = 6,
    CHILDREN = 4,
};

enum kind { REGULAR, DIRECT, APPEND, STREAM, DEVICE };
enum op { OP_READ, OP_WRITE, OP_SYNC };
enum state { FREE, PREPARED, OUT, REAPED };
enum note {
    NOTE_NONE,
    NOTE_RESTART, /* signal, handler with SA_RESTART */
    NOTE_EINTR,   /* signal, handler without */
    NOTE_WAITED,  /* signal, blocked everywhere and taken by sigwaitinfo */
    NOTE_THREAD,
    NOTE_JOINED, /* a thread with attributes: joinable, 64 KiB of stack */
    NOTE_TID,    /* SIGEV_THREAD_ID to the submitting thread */
    NOTES
};

struct block {
    _Atomic u32 committed, issued; /* versions; committed when seen finished, issued before the call */
    _Atomic u64 cancelled;         /* of the last 64 versions: bit version % 64 */
    bool busy;                     /* a write is in flight; only its thread looks */
};

struct file {
    int id;
    enum kind kind;
    char name[24], path[300];
    int check; /* plain descriptor for verification: never used for AIO, never closed */
    size_t bs;
    unsigned nblocks;
    struct block *block;
    _Atomic long sure_size, most_size;
    pthread_mutex_t m; /* the list of requests in flight, for syncs */
    struct req *out[MAX_THREADS * REQS];
    unsigned nout;
    /* append files */
    pthread_mutex_t order;
    bool ticketed;
    atomic_bool closing; /* no new requests: to be verified and cut */
    atomic_int reserved;
    u64 ticket;
    unsigned epoch;
    unsigned seq[MAX_THREADS];
    u8 fate[MAX_THREADS][RECORDS];
};

enum { SEG_OUT, SEG_DONE, SEG_GONE };
struct seg { /* one write of a stream direction */
    int state;
    size_t asked, len;
};
struct rd { /* one read of it */
    int state;
    size_t asked, len;
    u8 *data;
};
struct chan { /* one direction of a stream */
    int id;
    bool message, nonblock, idle_ok;
    size_t max_write;
    struct slot *w, *r;
    pthread_mutex_t wl, rl; /* recursive; held over the call */
    pthread_mutex_t m;
    u64 whead, wnext, rhead, rnext;
    struct seg seg[WINDOW];
    struct rd rd[WINDOW];
    u8 *carry; /* bytes read and not yet matched with a finished write */
    size_t ncarry, capcarry, segpos;
    _Atomic long avail; /* bytes of finished writes not yet delivered; below 0 while a write is in progress */
    atomic_int wout, rout;
    unsigned wgen, rgen; /* generation of the slot that the requests in flight belong to */
    atomic_bool eof;     /* the write end is closed for good */
    atomic_uint progress;
};

struct event {
    double at;
    int thread;
    char text[112];
};
struct slot { /* one of the 64 descriptors */
    int index;
    enum kind kind;
    char name[32];
    struct file *file;
    struct chan *rd, *wr;
    char path[300];
    int flags;
    int keep; /* streams: a duplicate that keeps the stream alive, never used for AIO */
    char device; /* z, n, f */
    pthread_rwlock_t lock;
    int fd;
    atomic_uint gen;
    _Atomic double closed_at;
    atomic_uint cancels[GENS], cancels_ended[GENS]; /* aio_cancel(fd, NULL) begun and returned */
    atomic_int out;
    pthread_mutex_t hm;
    unsigned nhist;
    struct event hist[HISTORY];
};

struct cover {
    struct req *r;
    unsigned gen;
};
struct req {
    struct aiocb cb;
    struct aiocb set; /* what the program put into it */
    atomic_uint gen;
    atomic_int notified;
    int thread, index;
    enum state state;
    enum op op;
    enum note note;
    struct slot *slot;
    unsigned slot_gen;
    struct file *file;
    struct chan *chan;
    pthread_mutex_t *order;
    u8 *buf;
    size_t n;
    off_t off;
    int expect; /* errno that this request must end with; 0: must succeed */
    unsigned first, nblk;
    u32 ver[MAX_BLOCKS + 2]; /* writes: written; reads: committed at submission */
    long sure;
    u64 ticket;
    unsigned epoch;
    u8 refuse; /* list entry that must be refused */
    double t0, done_at, hold_until;
    unsigned cancels0; /* slot->cancels_ended of its generation at submission */
    int tries;    /* aio_cancel calls that named it */
    bool said_no; /* one of them answered that it runs on */
    bool said_yes, poisoned, listed;
    int err;
    ssize_t ret;
    struct group *group;
    unsigned group_gen;
    struct cover *cover;
    unsigned ncover;
    _Atomic(pthread_t) joinable;
};

struct group { /* a list with a notification of its own */
    atomic_uint gen;
    atomic_int notified;
    int thread, index;
    bool used;
    enum note note;
    struct req *r[16];
    int n;
    double t0, all_done_at;
    _Atomic(pthread_t) joinable;
};

struct child {
    pid_t pid;
    double t0;
    char path[300]; /* to be verified and removed after its end */
    unsigned blocks;
    u64 key;
    bool spawned;
};

struct thread {
    int index;
    pthread_t pt;
    pid_t tid;
    u64 rng;
    struct req req[REQS];
    struct req *live[REQS];
    unsigned nlive, nout;
    struct group group[GROUPS];
    int decoy_file;
    char decoy_path[300];
    int decoy[DECOYS];
    unsigned ndecoy;
    struct child child[CHILDREN];
    unsigned nchild, childno;
    _Atomic double beat;
    _Atomic(const char *) doing;
    struct slot *closing;
    u64 steps;
};

struct stats {
    atomic_ulong reads, writes, done, syncs, cancels, cancelled, closes, closed_busy, reused, forks,
        lists, suspends, eintr, threads, signals, callbacks, covered, torn, records, bytes;
};

struct run {
    u64 seed;
    int nthreads;
    double seconds, hang, start;
    const char *dir;
    bool glibc, quiet, keep, child;
    const char *without; /* to narrow a failure down */
    atomic_bool stop, over;
    atomic_int ready; /* threads without children and without anything but stream requests */
    struct file file[FILES];
    int nfile;
    struct chan chan[CHANS];
    int nchan;
    struct slot slot[SLOTS];
    int nslot;
    struct thread *thread[MAX_THREADS];
    struct stats stats;
    atomic_ulong file_out;
    _Atomic(const char *) async_what; /* a difference found in a signal handler */
    _Atomic u64 async_value;
    atomic_bool reporting;
};
extern struct run run;
extern _Thread_local volatile unsigned handlers_any, handlers_eintr;

static inline bool without(const char *what)
{
    return run.without && strstr(run.without, what);
}

/* The random numbers of one thread. */
static inline u64 mix(u64 x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline u64 rnd(struct thread *t)
{
    return mix(t->rng += 0x9e3779b97f4a7c15u);
}
static inline unsigned pick(struct thread *t, unsigned n)
{
    return (unsigned)((rnd(t) >> 11) % n);
}
#define COUNT(what) atomic_fetch_add_explicit(&run.stats.what, 1, memory_order_relaxed)
#define ADD(what, n) atomic_fetch_add_explicit(&run.stats.what, (unsigned long)(n), memory_order_relaxed)

/* report.c */
void note_event(struct slot *s, int thread, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void differ(const struct req *r, struct slot *s, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void hang(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void describe_tasks(pid_t pid);
void give_up(const char *what); /* the machine refused something: exit 3 */
const char *error_name(int e);

/* requests.c */
struct req *request_new(struct thread *t);
void request_block(struct req *r, int fd, u8 *buf, size_t n, off_t off, int lio);
bool request_prepare(struct thread *t, struct req *r, bool must_finish, bool listing);
bool request_prepare_on(struct thread *t, struct req *r, struct slot *s, bool write, bool listing, size_t fixed);
int request_call(struct thread *t, struct req *r);
void request_accepted(struct thread *t, struct req *r);
void request_refused(struct thread *t, struct req *r); /* an entry of a list, as intended */
void request_dropped(struct thread *t, struct req *r); /* prepared and never submitted */
void request_submit(struct thread *t, struct req *r);
bool request_poll(struct thread *t, struct req *r);
bool request_must_finish(const struct req *r);
void reap_some(struct thread *t, unsigned max);
void reap_all(struct thread *t);
int error_of(const struct req *r); /* aio_error, with its own errno checked */
u8 *buffer_new(size_t n);

/* notify.c */
void notify_init(void);
void notify_fill(struct thread *t, struct sigevent *ev, enum note note, u64 value);
enum note notify_choose(struct thread *t);
u64 request_value(const struct req *r);
u64 group_value(const struct group *g);
void group_reap(struct thread *t);
void notify_child_start(void);
bool notify_child_seen(u64 value);
enum { VALUE_GROUP = 1 << 12, VALUE_CHILD = 1 << 13 };

/* files.c */
void block_fill(const struct file *f, unsigned b, u32 v, void *to);
bool file_prepare(struct thread *t, struct req *r, struct slot *s, bool write);
void file_finish(struct thread *t, struct req *r);
void file_dropped(struct req *r);
void file_spot_check(struct thread *t);
void file_verify(struct file *f);
bool append_prepare(struct thread *t, struct req *r, struct slot *s, bool write, bool listing);
void append_finish(struct thread *t, struct req *r);
void append_turn(struct file *f, bool last);
bool device_prepare(struct thread *t, struct req *r, struct slot *s, bool write);
void device_finish(struct req *r);

/* streams.c */
bool stream_prepare(struct thread *t, struct req *r, struct slot *s, bool write, bool listing, size_t fixed);
void stream_finish(struct thread *t, struct req *r);
void stream_dropped(struct req *r);
bool stream_idle(struct chan *c);
void stream_verify_end(struct chan *c);
bool stream_must_move(struct chan *c);

/* calls.c */
void do_cancel(struct thread *t);
void do_suspend(struct thread *t);
void do_sync(struct thread *t);
void do_list(struct thread *t);
void do_refused(struct thread *t);
void sync_finish(struct req *r);
void cancel_own_reads(struct thread *t);

/* closes.c */
int slot_open(struct slot *s);
void do_close(struct thread *t);
void decoy_init(struct thread *t);
void decoy_check(struct thread *t);
void decoys_close(struct thread *t, bool all);

/* children.c */
void do_fork(struct thread *t);
void children_poll(struct thread *t);

extern char **environ;

#endif
