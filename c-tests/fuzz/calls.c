/* Sequences of calls with hostile arguments do no damage: no crash, no hang, no foreign byte, and afterwards everything works. */
/* modes: preload */
/* timeout: 60 */
/* glibc: may fail: garbage, and a second submission of a block in flight, corrupt its lists */
/* not under: tsan: looks into blocks that are in flight */

/* One child per seed. UAIO_FUZZ_SEED=N runs that one alone; UAIO_TORTURE_SECONDS says how long (3). Left out is what no
 * library could survive: a block whose memory is gone at the call or while its request is in flight. */
#include "../hazards/every.h"
#include <dlfcn.h>
#include <sys/asynch.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { BLOCKS = 48, FDS = 24, LIST = 12, STEPS = 400, ROOM = 1 << 20, FILE_BYTES = 1 << 16, LIMIT_S = 20, FILES = 8 };
#define HARMLESS 36 /* a signal for programs, ignored here */
static const uint64_t CANARY = 0x5ca1ab1e0ddba11;

/* A block between canaries. */
struct slot {
    uint64_t before[4];
    struct aiocb cb;
    uint64_t after[4];
    struct aiocb copy; /* as it was submitted */
    bool submitted, overwritten;
};

static struct slot *slots;
static int fds[FDS], peers[FDS];
static unsigned char *room, *read_only, *nothing;
static uint64_t x;
static void *volatile none; /* NULL, unknown to the compiler */
static atomic_int callbacks;
static int awaited, step;
static int (*solaris_read)(int, caddr_t, int, off_t, int, aio_result_t *);
static int (*solaris_cancel)(aio_result_t *);
static aio_result_t *(*solaris_wait)(struct timeval *);
static aio_result_t results[8];

static unsigned pick(unsigned n)
{
    x += 0x9e3779b97f4a7c15u;
    uint64_t y = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    y = (y ^ y >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((y ^ y >> 31) >> 16) % n;
}

static void callback(union sigval value)
{
    CHECK_EQ(value.sival_int, 4711);
    atomic_fetch_add(&callbacks, 1);
}

/* What a number of the pool may be; the first few are files on which a wait must end. */
static void open_one(int i)
{
    int ends[2] = { -1, -1 }, fd;
    if (i < 3) {
        fd = t_file(i == 1 ? O_DIRECT : i == 2 ? O_APPEND : 0);
        CHECK_EQ(ftruncate(fd, FILE_BYTES), 0);
    } else if (i < FILES) {
        static const char *const names[] = { ".", "/dev/null", "/proc/self/stat", ".", "/" };
        fd = open(names[i - 3], i == 4 ? O_RDWR : i == 6 ? O_PATH : O_RDONLY);
    } else if (i % 4 == 0) {
        t_pipe(ends);
        fd = ends[0];
    } else if (i % 4 == 1) {
        t_pipe(ends);
        fd = ends[1], ends[1] = ends[0];
    } else if (i % 4 == 2) {
        CHECK_EQ(socketpair(AF_UNIX, i & 8 ? SOCK_STREAM : SOCK_DGRAM, 0, ends), 0);
        fd = ends[0];
    } else {
        fd = i & 4 ? eventfd(0, 0) : epoll_create1(0);
    }
    CHECK(fd >= 0);
    if (pick(4) == 0)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fds[i] = fd, peers[i] = ends[1];
}

static int some_fd(void)
{
    static const int bad[] = { -1, INT_MAX, INT_MIN, 9999, 1 << 20 };
    return pick(8) == 0 ? bad[pick(5)] : fds[pick(FDS)];
}

static void *some_buffer(void)
{
    switch (pick(10)) {
    case 0: return NULL;
    case 1: return read_only;
    case 2: return nothing;
    case 3: return (void *)-1;
    case 4: return (void *)0xffff800000000000;
    case 5: return room + ROOM - 100; /* runs over the end */
    default: return room + pick(ROOM - 65536);
    }
}

static size_t some_size(void)
{
    static const size_t sizes[] = { 0, 1, 511, 512, 4096, 65536, 65537, (size_t)1 << 31, (size_t)1 << 40, SSIZE_MAX, SIZE_MAX };
    return sizes[pick(pick(2) ? 6 : sizeof sizes / sizeof *sizes)];
}

static off_t some_offset(void)
{
    static const off_t offsets[] = { 0, 1, 512, 4096, FILE_BYTES - 1, FILE_BYTES, (off_t)1 << 40, -1, INT64_MAX, INT64_MIN };
    return offsets[pick(pick(2) ? 6 : sizeof offsets / sizeof *offsets)];
}

static void some_notification(struct sigevent *ev)
{
    static const int signals[] = { HARMLESS, 0, -1, 65, INT_MAX };
    memset(ev, (int)pick(256), sizeof *ev);
    ev->sigev_value.sival_int = 4711;
    switch (pick(8)) {
    case 0: ev->sigev_notify = SIGEV_SIGNAL, ev->sigev_signo = signals[pick(5)]; break;
    case 1:
        ev->sigev_notify = SIGEV_THREAD_ID, ev->sigev_signo = HARMLESS;
        ev->sigev_notify_thread_id = pick(2) ? gettid() : 1 << 29;
        break;
    case 2: case 3:
        ev->sigev_notify = SIGEV_THREAD, ev->sigev_notify_attributes = NULL;
        ev->sigev_notify_function = pick(4) ? callback : NULL;
        break;
    case 4: ev->sigev_notify = (int)pick(1000) + 5; break;
    default: ev->sigev_notify = SIGEV_NONE;
    }
}

static void fill(struct slot *s, int fd)
{
    memset(&s->cb, (int)pick(256), sizeof s->cb);
    s->cb.aio_fildes = fd;
    s->cb.aio_buf = some_buffer(), s->cb.aio_nbytes = some_size(), s->cb.aio_offset = some_offset();
    s->cb.aio_reqprio = pick(6) ? 0 : (int)pick(40) - 10;
    s->cb.aio_lio_opcode = pick(6) ? (int)pick(2) : (int)pick(10) - 3;
    some_notification(&s->cb.aio_sigevent);
}

static bool in_flight(const struct slot *s)
{
    return s->submitted && (s->overwritten || aio_error(&s->cb) == EINPROGRESS);
}

static bool waits_for_callback(const struct aiocb *cb)
{
    return cb->aio_sigevent.sigev_notify == SIGEV_THREAD;
}

static void accepted(struct slot *s)
{
    s->copy = s->cb;
    s->submitted = true, s->overwritten = false;
    awaited += waits_for_callback(&s->cb);
}

/* -1 with one of those errors, or a value from 0 to `most`. */
#define ANSWERS(call, most, ...)                                                                                       \
    ({                                                                                                                 \
        errno = 0;                                                                                                     \
        long long got_ = (long long)(call);                                                                           \
        int error_ = errno, allowed_[] = { __VA_ARGS__ };                                                              \
        bool fits_ = got_ >= 0 && got_ <= (most);                                                                      \
        for (size_t i_ = 0; got_ == -1 && i_ < sizeof allowed_ / sizeof *allowed_; i_++)                               \
            fits_ |= error_ == allowed_[i_];                                                                           \
        if (!fits_)                                                                                                    \
            FAIL("step %d: %s gave %lld, %s", step, #call, got_, strerror(error_));                                    \
        got_;                                                                                                          \
    })

static void submit(struct slot *s)
{
    bool again = in_flight(s);
    if (again && (s->overwritten || pick(4)))
        return;
    if (!again)
        fill(s, some_fd());
    long long result;
    switch (pick(5)) {
    case 0: case 1: result = ANSWERS(aio_read(&s->cb), 0, EINVAL, EAGAIN); break;
    case 2: case 3: result = ANSWERS(aio_write(&s->cb), 0, EINVAL, EAGAIN); break;
    default: result = ANSWERS(aio_fsync(pick(4) ? O_SYNC : (int)pick(100), &s->cb), 0, EINVAL, EAGAIN, EBADF);
    }
    /* A block in flight is refused; it may have ended meanwhile, and then is submitted as it was. */
    if (result == 0)
        accepted(s);
    else if (!again)
        s->submitted = false;
}

static void submit_list(void)
{
    struct aiocb *list[LIST];
    struct slot *used[LIST];
    int mode = pick(8) ? (int)pick(2) : (int)pick(100) - 3, n = (int)pick(LIST), count = 0;
    struct sigevent whole;
    some_notification(&whole);
    if (whole.sigev_notify == SIGEV_THREAD)
        whole.sigev_notify = SIGEV_NONE; /* whether it is owed is the torture's business */
    for (int i = 0; i < n; i++) {
        struct slot *s = &slots[pick(BLOCKS)];
        bool twice = false;
        for (int j = 0; j < count; j++)
            twice |= used[j] == s;
        list[i] = NULL;
        if (twice || in_flight(s) || pick(6) == 0)
            continue;
        fill(s, mode == LIO_WAIT ? fds[pick(3)] : some_fd());
        s->submitted = false;
        used[count++] = s;
        list[i] = &s->cb;
    }
    ANSWERS(lio_listio(mode, list, pick(10) ? n : -(int)pick(9), pick(2) ? &whole : NULL), 0, EINVAL, EAGAIN, EIO, EINTR);
    for (int i = 0; i < count; i++) {
        int error = aio_error(&used[i]->cb);
        /* A refused one says EINVAL as well; a callback tells them apart, so such are not counted. */
        if (error == EINPROGRESS || error == 0)
            accepted(used[i]);
        else if (waits_for_callback(&used[i]->cb) && error > 0)
            awaited = -100000; /* no more counting */
    }
}

static void suspend(void)
{
    const struct aiocb *list[LIST];
    struct timespec bound = { pick(8) ? 0 : -1, pick(6) ? pick(2000000) : 2000000000 };
    for (int i = 0; i < LIST; i++)
        list[i] = pick(4) ? &slots[pick(BLOCKS)].cb : NULL;
    int n = pick(8) ? (int)pick(LIST) : -(int)pick(1000);
    ANSWERS(aio_suspend(list, n, &bound), 0, EINVAL, EAGAIN, EINTR);
}

static void give_up(void)
{
    int i = (int)pick(FDS), other = fds[pick(FDS)];
    int target = fds[i];
    switch (pick(5)) {
    case 0: CHECK_EQ(close(target), 0); break;
    case 1: ANSWERS(dup2(other, target), target, EBADF), close(target); break;
    case 2: ANSWERS(dup3(other, target, (int)pick(2) * O_CLOEXEC), target, EINVAL), close(target); break;
    case 3: CHECK_EQ(close_range((unsigned)target, (unsigned)target, 0), 0); break;
    default: /* nothing that is open */
        ANSWERS(dup2(-1, target), -1, EBADF);
        ANSWERS(close(-1), -1, EBADF);
        ANSWERS(close_range(9, 3, 0), -1, EINVAL);
        return;
    }
    if (peers[i] >= 0)
        close(peers[i]);
    open_one(i);
}

static void feed(void)
{
    int i = FILES + (int)pick(FDS - FILES);
    char bytes[512];
    struct pollfd p = { peers[i], POLLIN | POLLOUT, 0 };
    if (peers[i] < 0 || poll(&p, 1, 0) != 1)
        return;
    if (p.revents & POLLIN && read(peers[i], bytes, sizeof bytes) < 0)
        CHECK(errno == EAGAIN || errno == ECONNRESET);
    if (p.revents & POLLOUT && send(peers[i], bytes, pick(512), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK) {
        fcntl(peers[i], F_SETFL, O_NONBLOCK);
        (void)!write(peers[i], bytes, pick(512));
    }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true; /* the locks of its heap do not survive a fork from several threads */
#else
static const bool sanitized = false;
#endif

static void do_fork(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        alarm(LIMIT_S);
        for (int i = 0; i < BLOCKS; i++)
            aio_error(&slots[i].cb);
        if (sanitized)
            _exit(0);
        struct every e = every_open();
        every_once(&e);
        _exit(0);
    }
    t_child_ok(pid);
}

static void solaris(void)
{
    struct timeval moment = { pick(8) ? 0 : -1, pick(6) ? pick(1000) : 3000000 };
    aio_result_t *result = pick(8) ? &results[pick(8)] : NULL;
    switch (pick(3)) {
    case 0:
        /* only buffers that stay: a result in flight cannot be told from one that is not */
        ANSWERS(solaris_read(some_fd(), (caddr_t)room, (int)pick(70000) - 100, some_offset(), (int)pick(4), result), 0, EINVAL, EAGAIN, EBADF, EFAULT);
        break;
    case 1: ANSWERS(solaris_cancel(result), 0, EINVAL, EACCES, EFAULT, EAGAIN); break;
    default: errno = 0; solaris_wait(&moment);
    }
}

static void overwrite(struct slot *s)
{
    /* Not the words that show the status: they are the library's to write. */
    memset(&s->cb, (int)pick(256), sizeof s->cb);
    s->overwritten = s->submitted;
}

static void act(void)
{
    struct slot *s = &slots[pick(BLOCKS)];
    int in_list;
    switch (pick(24)) {
    default: submit(s); break;
    case 0: case 1: submit_list(); break;
    case 2: case 3: suspend(); break;
    case 4: case 5: ANSWERS(aio_error(&s->cb), INT_MAX, EINVAL); break;
    case 6: case 7: ANSWERS(aio_return(&s->cb), LLONG_MAX, EINVAL, errno); break;
    case 8: ANSWERS(aio_cancel(some_fd(), pick(2) ? &s->cb : NULL), 2, EBADF, EINVAL); break;
    case 9: ANSWERS(aio_cancel(s->cb.aio_fildes, &s->cb), 2, EBADF, EINVAL); break;
    case 10: give_up(); break;
    case 11: case 12: feed(); break;
    case 13: solaris(); break;
    case 14: if (pick(4) == 0) overwrite(s); break;
    case 15: if (pick(20) == 0) do_fork(); break;
    case 16:
        in_list = pick(3);
        if (in_list == 0) ANSWERS(aio_read(none), -1, EINVAL, EFAULT);
        else if (in_list == 1) ANSWERS(aio_error(none), -1, EINVAL, EFAULT);
        else ANSWERS(aio_suspend(none, 3, NULL), -1, EINVAL, EFAULT);
        break;
    }
}

static void check_memory(void)
{
    for (int i = 0; i < BLOCKS; i++) {
        struct slot *s = &slots[i];
        for (int j = 0; j < 4; j++)
            CHECK(s->before[j] == CANARY && s->after[j] == CANARY);
        if (s->submitted && !s->overwritten) {
            CHECK_EQ(s->cb.aio_fildes, s->copy.aio_fildes);
            CHECK(s->cb.aio_buf == s->copy.aio_buf);
            CHECK_EQ(s->cb.aio_nbytes, s->copy.aio_nbytes);
            CHECK_EQ(s->cb.aio_offset, s->copy.aio_offset);
            CHECK(memcmp(&s->cb.aio_sigevent, &s->copy.aio_sigevent, 48 - 32) == 0);
        }
    }
    for (int i = 0; i < 4096; i++)
        CHECK_EQ(read_only[i], 'r');
}

static void one(uint64_t seed)
{
    x = seed;
    alarm(LIMIT_S);
    t_handle(HARMLESS, SIG_IGN, 0);
    signal(SIGPIPE, SIG_IGN);
    slots = t_pages(BLOCKS * sizeof *slots, 0);
    room = mmap(NULL, ROOM + 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(room != MAP_FAILED);
    CHECK_EQ(mprotect(room, ROOM, PROT_READ | PROT_WRITE), 0);
    nothing = room + ROOM;
    read_only = t_pages(4096, 'r');
    CHECK_EQ(mprotect(read_only, 4096, PROT_READ), 0);
    for (int i = 0; i < BLOCKS; i++)
        for (int j = 0; j < 4; j++)
            slots[i].before[j] = slots[i].after[j] = CANARY;
    for (int i = 0; i < FDS; i++)
        open_one(i);
    for (step = 0; step < STEPS; step++) {
        act();
        if (step % 64 == 0)
            check_memory();
    }
    for (int i = 0; i < FDS; i++) { /* whatever still waits for the other end gets to know */
        if (peers[i] >= 0)
            close(peers[i]);
        close(fds[i]);
    }
    for (int i = 0; i < BLOCKS; i++)
        if (slots[i].submitted && !slots[i].overwritten)
            t_wait(&slots[i].cb);
    check_memory();
    while (atomic_load(&callbacks) < awaited)
        usleep(1000);
    struct every e = every_open();
    every_once(&e);
    _exit(0);
}

int main(void)
{
    static const uint64_t seeds[] = {
#include "seeds.h"
    };
    const char *alone = getenv("UAIO_FUZZ_SEED"), *seconds = getenv("UAIO_TORTURE_SECONDS");
    double until = t_now() + (seconds != NULL ? atof(seconds) : 3);
    const size_t count = sizeof seeds / sizeof *seeds;
    uint64_t fresh = (uint64_t)getpid() << 32;
    long runs = 0;
    *(void **)&solaris_read = dlsym(RTLD_DEFAULT, "aioread");
    *(void **)&solaris_cancel = dlsym(RTLD_DEFAULT, "aiocancel");
    *(void **)&solaris_wait = dlsym(RTLD_DEFAULT, "aiowait");
    if (solaris_read == NULL)
        SKIP("the library is not loaded");
    for (size_t i = 0; alone == NULL ? i < count || t_now() < until : i < 1; i++, runs++) {
        uint64_t seed = alone != NULL ? strtoull(alone, NULL, 0) : i < count ? seeds[i] : fresh + i;
        int status;
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            one(seed);
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        if (status != 0)
            FAIL("UAIO_FUZZ_SEED=%llu fails: %s %d", (unsigned long long)seed, WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    t_figure(0, runs * STEPS, "hostile calls that did damage");
    return 0;
}
