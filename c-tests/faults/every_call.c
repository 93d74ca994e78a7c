/* Each system call of the library fails once with each errno that it may give, and is held up once: every promise is kept. */
/* modes: preload */
/* timeout: 90 */
/* glibc: may fail: the library is not there, so nothing can be caught */
/* not under: asan: its own system calls would be failed, too */
#include "trap.h"
#include "whole.h"
#include <sys/prctl.h>

/* A case: a place in the library that makes a call, which of its calls there, and what happens to it. */
struct fault {
    int row;
    uintptr_t site;
    int nth;
    int error; /* DELAYED: it is held up */
};

enum outcome {
    UNNOTICED,
    REFUSED_AT_CALL,
    AGAIN_LATER,
    REPORTED,
    HANDED_ON,
    INTERRUPTED,
    OUTLIVED,
    NOT_REACHED,
    WRONG,
    OUTCOMES
};
static const char *const outcome_names[OUTCOMES] = {
    "unnoticed", "EAGAIN at the call", "EAGAIN by aio_error", "the request's error", "the program's own call's error",
    "EINTR of a wait", "a blocked read outlives close", "not reached", "WRONG",
};

enum { SITES_MAX = 512, FAULTS_MAX = 16384, HOLD_MS = 30, RUN_MS = 20000, NTH_FULL = 4, LOOKS = 2 };

static struct site {
    int row;
    uintptr_t at;
    int count[LOOKS];
} sites[SITES_MAX];
static int nsites;
static struct fault faults[FAULTS_MAX];
static int nfaults;
static int tally[CALLS][ERRNOS_MAX + 1][OUTCOMES];

static int send_listener(int socket, int fd)
{
    char room[CMSG_SPACE(sizeof fd)] = { 0 }, byte = 0;
    struct iovec iov = { &byte, 1 };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(socket, &m, 0) == 1 ? 0 : -1;
}

static int take_listener(int socket)
{
    int fd = -1;
    char room[CMSG_SPACE(sizeof fd)], byte;
    struct iovec iov = { &byte, 1 };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
    if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&m) != NULL)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

static pid_t start(int only, int *listener)
{
    int s[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int own = trap_install(only);
        if (own < 0 || send_listener(s[1], own) != 0)
            _exit(77);
        w_all();
    }
    close(s[1]);
    *listener = take_listener(s[0]);
    close(s[0]);
    if (*listener < 0)
        SKIP("no seccomp notifications here");
    return pid;
}

static void tell_tasks(pid_t pid)
{
    char command[200];
    snprintf(command, sizeof command,
             "cd /proc/%d/task && for t in *; do echo \"$(cat $t/comm): $(cat $t/wchan) $(cat $t/syscall)\"; done >&2", pid);
    if (system(command) != 0)
        fprintf(stderr, "no /proc/%d\n", pid);
}

static void note_site(int look, int row, uintptr_t at)
{
    int i = 0;
    while (i < nsites && (sites[i].row != row || sites[i].at != at))
        i++;
    if (i == nsites) {
        CHECK(nsites < SITES_MAX);
        sites[nsites++] = (struct site){ row, at, { 0 } };
    }
    sites[i].count[look]++;
}

/* How often the place was reached at least. */
static int least(const struct site *site)
{
    int count = site->count[0] < site->count[1] ? site->count[0] : site->count[1];
    return count > 0 ? count : 1;
}

/* Runs the workload. Without a fault every call is noted, as the `look`th time. Gives whether the fault was reached. */
static bool run(const struct fault *fault, int look, int *status)
{
    int listener, seen = 0;
    bool reached = false;
    memset(w.seen, 0, sizeof *w.seen);
    injected = fault == NULL ? 0 : fault->error;
    speaks = fault == NULL ? OF_NOTHING : calls[fault->row].speaks;
    pid_t pid = start(fault == NULL ? -1 : calls[fault->row].number, &listener);
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    CHECK(process >= 0);
    double until = t_now() + RUN_MS / 1e3, release = 0;
    __u64 held = 0;
    for (;;) {
        struct pollfd p[2] = { { listener, POLLIN, 0 }, { process, POLLIN, 0 } };
        double now = t_now(), next = held != 0 && release < until ? release : until;
        CHECK(poll(p, 2, next > now ? (int)((next - now) * 1e3) + 1 : 0) >= 0 || errno == EINTR);
        now = t_now();
        if (held != 0 && now >= release) {
            trap_answer(listener, held, 0);
            held = 0;
        }
        if (now > until) {
            fprintf(stderr, "hang: the workload is not over after %d ms\n", RUN_MS);
            tell_tasks(pid);
            kill(-pid, SIGKILL);
            break;
        }
        if (p[0].revents & POLLIN) {
            struct seccomp_notif notice = { 0 };
            if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0)
                continue;
            int row = call_of(notice.data.nr, notice.data.args);
            uintptr_t at = row < 0 && fault != NULL ? 0 : trap_site((pid_t)notice.pid, notice.data.instruction_pointer);
            int error = 0;
            if (at != 0 && row < 0)
                FAIL("the library makes the system call %d, which calls.h does not know", notice.data.nr);
            if (at != 0 && fault == NULL)
                note_site(look, row, at);
            if (at != 0 && fault != NULL && row == fault->row && at == fault->site && ++seen == fault->nth) {
                reached = true;
                error = fault->error;
                if (error == DELAYED) {
                    held = notice.id, release = now + HOLD_MS / 1e3;
                    continue;
                }
            }
            trap_answer(listener, notice.id, error);
        } else if (p[1].revents & POLLIN) {
            break;
        }
    }
    CHECK_EQ(waitpid(pid, status, 0), pid);
    close(process);
    close(listener);
    return reached;
}

static enum outcome judge(const struct fault *fault)
{
    int status;
    bool reached = run(fault, 0, &status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("no seccomp notifications here");
    if (status != 0) {
        fprintf(stderr, "%s at %#lx, time %d, %s: %s %d in %s\n", calls[fault->row].name, (unsigned long)fault->site, fault->nth,
                fault->error == DELAYED ? "held up" : strerrorname_np(fault->error),
                WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                w.seen->step);
        return WRONG;
    }
    w_after_exit();
    if (!reached)
        return NOT_REACHED;
    const struct seen *s = w.seen;
    return s->reported ? REPORTED : s->handed ? HANDED_ON : s->refused ? REFUSED_AT_CALL : s->late ? AGAIN_LATER
         : s->outlived ? OUTLIVED : s->interrupted ? INTERRUPTED : UNNOTICED;
}

static void add(int row, const struct site *site, int error, bool full)
{
    int count = least(site), times[NTH_FULL] = { 1, 2, count / 2, count }, last = 0;
    for (int i = 0; i < (full ? NTH_FULL : 1); i++) {
        if (times[i] <= last || times[i] > count)
            continue;
        last = times[i];
        CHECK(nfaults < FAULTS_MAX);
        faults[nfaults++] = (struct fault){ row, site->at, times[i], error };
    }
}

/* What has to be tried, in an order that depends on the seed only. */
static void plan(bool full, unsigned long seed, const char *only)
{
    for (int i = 0; i < nsites; i++) {
        const struct call *c = &calls[sites[i].row];
        if (only != NULL && strcmp(c->name, only) != 0)
            continue;
        add(sites[i].row, &sites[i], DELAYED, full);
        for (int e = 0; e < ERRNOS_MAX && c->errnos[e] != 0; e++)
            add(sites[i].row, &sites[i], c->errnos[e], full);
    }
    for (int i = nfaults - 1; i > 0; i--) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int j = (int)((seed >> 33) % (unsigned)(i + 1));
        struct fault other = faults[i];
        faults[i] = faults[j], faults[j] = other;
    }
}

static int column(const struct fault *fault)
{
    for (int e = 0; e < ERRNOS_MAX && fault->error != DELAYED; e++)
        if (calls[fault->row].errnos[e] == fault->error)
            return e;
    return ERRNOS_MAX;
}

/* One line for each call and errno that was tried, for tests/faults.py. */
static void report(const char *path)
{
    FILE *out = fopen(path, "w");
    CHECK(out != NULL);
    for (int row = 0; row < CALLS; row++)
        for (int e = 0; e <= ERRNOS_MAX; e++)
            for (int o = 0; o < OUTCOMES; o++)
                if (tally[row][e][o] != 0)
                    fprintf(out, "%s\t%s\t%s\t%d\n", calls[row].name,
                            e == ERRNOS_MAX ? "held up" : strerrorname_np(calls[row].errnos[e]), outcome_names[o],
                            tally[row][e][o]);
    CHECK_EQ(fclose(out), 0);
}

/* UAIO_FAULTS_FULL=FILE: all cases and a report; otherwise as many as go into UAIO_TORTURE_SECONDS (default 10). */
int main(void)
{
    const char *full = getenv("UAIO_FAULTS_FULL"), *seconds = getenv("UAIO_TORTURE_SECONDS"), *seed = getenv("UAIO_FAULTS_SEED");
    double until = t_now() + (seconds != NULL ? atof(seconds) : 10);
    int status, counts[OUTCOMES] = { 0 }, tried = 0;
    trap_find();
    *(void **)&solaris.read = dlsym(RTLD_DEFAULT, "aioread");
    *(void **)&solaris.wait = dlsym(RTLD_DEFAULT, "aiowait");
    w_open();
    for (int look = 0; look < LOOKS; look++) { /* which of several ways a request takes is chance */
        run(NULL, look, &status);
        if (status != 0)
            FAIL("the workload fails without any fault: status %#x", status);
        const struct seen *s = w.seen;
        CHECK_EQ(s->refused + s->late + s->reported + s->handed + s->interrupted + s->outlived, 0);
    }
    plan(full != NULL, seed != NULL ? strtoul(seed, NULL, 0) : 1, getenv("UAIO_FAULTS_CALL"));
    for (; tried < nfaults && (full != NULL || t_now() < until); tried++) {
        enum outcome o = judge(&faults[tried]);
        counts[o]++;
        tally[faults[tried].row][column(&faults[tried])][o]++;
    }
    t_figure(counts[WRONG], tried, "faults that broke a promise");
    printf("%d of %d faults at %d places", tried, nfaults, nsites);
    for (int o = 0; o < OUTCOMES; o++)
        printf(", %d %s", counts[o], outcome_names[o]);
    printf("\n");
    if (full != NULL)
        report(full);
    return counts[WRONG] != 0;
}
