/* aiocopy: copies a file with many requests in flight, as a program for Solaris' libaio does it.
 *
 * Build, in a clone of this repository after "cargo build --release":
 *
 *     cc -O2 -Iinclude -o aiocopy examples/aiocopy.c -Ltarget/release -luaio -Wl,-rpath,$PWD/target/release
 *
 * Run:
 *
 *     ./aiocopy [-s] [-q] [-n requests] [-b bytes] from to
 *
 * With -s results are collected by a SIGIO handler, without it by a loop around aiowait. -q is for quiet: no
 * progress on stderr. Each request goes back and forth: what was read into its buffer is written from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/asynch.h>
#include <sys/stat.h>

struct request {
    aio_result_t result; /* first, so that a result pointer is a request pointer */
    char *buf;
    off_t off;
    int bytes;
    enum { READING, WRITING } state;
};

static int from, to, bytes = 65536, quiet;
static off_t size, next_off, copied;
static volatile sig_atomic_t in_flight, failure;

static void fail(const char *what)
{
    fprintf(stderr, "aiocopy: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Asks for the next piece; with nothing left the request rests. */
static int start_reading(struct request *r)
{
    if (next_off >= size)
        return 0;
    r->off = next_off;
    r->bytes = size - next_off < bytes ? (int)(size - next_off) : bytes;
    r->state = READING;
    if (aioread(from, r->buf, r->bytes, r->off, SEEK_SET, &r->result) != 0)
        return -1;
    next_off += r->bytes;
    in_flight++;
    return 0;
}

/* One result: a piece that was read is written, one that was written makes room for the next. */
static int finished(aio_result_t *result)
{
    struct request *r = (struct request *)result;
    in_flight--;
    if (result->aio_return != r->bytes) {
        errno = result->aio_return < 0 ? result->aio_errno : EIO;
        return -1;
    }
    if (r->state == WRITING) {
        copied += r->bytes;
        return start_reading(r);
    }
    r->state = WRITING;
    if (aiowrite(to, r->buf, r->bytes, r->off, SEEK_SET, &r->result) != 0)
        return -1;
    in_flight++;
    return 0;
}

/* One signal may stand for several results, so take all there are. */
static void on_sigio(int signo)
{
    int saved = errno;
    struct timeval zero;
    aio_result_t *result;
    (void)signo;
    zero.tv_sec = zero.tv_usec = 0;
    while (!failure && (result = aiowait(&zero)) != NULL && result != (aio_result_t *)-1)
        if (finished(result) != 0)
            failure = errno;
    errno = saved;
}

/* Shown when a percent more is done. */
static void progress(void)
{
    static int shown = -1;
    int percent = size > 0 ? (int)(copied * 100 / size) : 100;
    if (!quiet && percent != shown)
        fprintf(stderr, "\r%3d %% of %lld bytes", percent, (long long)size);
    shown = percent;
}

/* The loop around aiowait. */
static void by_waiting(void)
{
    while (in_flight > 0) {
        aio_result_t *result = aiowait(NULL);
        if (result == (aio_result_t *)-1) {
            if (errno != EINTR)
                fail("aiowait");
        } else if (finished(result) != 0) {
            fail("copy");
        }
        progress();
    }
}

/* Everything happens in the handler; here we wait for it to be over. */
static void by_signal(const sigset_t *unblocked)
{
    while (in_flight > 0 && !failure) {
        sigsuspend(unblocked);
        progress();
    }
    if (failure) {
        errno = failure;
        fail("copy");
    }
}

int main(int argc, char **argv)
{
    int i, option, by_sigio = 0, requests = 16;
    struct stat st;
    struct request *all;
    struct sigaction action;
    sigset_t sigio, unblocked;
    while ((option = getopt(argc, argv, "sqn:b:")) != -1) {
        switch (option) {
        case 's': by_sigio = 1; break;
        case 'q': quiet = 1; break;
        case 'n': requests = atoi(optarg); break;
        case 'b': bytes = atoi(optarg); break;
        default: return 2;
        }
    }
    if (argc - optind != 2 || requests < 1 || bytes < 1) {
        fprintf(stderr, "usage: aiocopy [-s] [-q] [-n requests] [-b bytes] from to\n");
        return 2;
    }
    if ((from = open(argv[optind], O_RDONLY)) < 0 || fstat(from, &st) != 0)
        fail(argv[optind]);
    if ((to = open(argv[optind + 1], O_WRONLY | O_CREAT | O_TRUNC, 0666)) < 0)
        fail(argv[optind + 1]);
    size = st.st_size;
    if ((all = calloc((size_t)requests, sizeof *all)) == NULL)
        fail("memory");

    /* The handler may run only while we wait for it, so that the two never work on the same numbers. */
    sigemptyset(&sigio);
    sigaddset(&sigio, SIGIO);
    sigprocmask(SIG_BLOCK, &sigio, &unblocked);
    if (by_sigio) {
        memset(&action, 0, sizeof action);
        action.sa_handler = on_sigio;
        sigaction(SIGIO, &action, NULL);
    }
    for (i = 0; i < requests; i++) {
        if ((all[i].buf = malloc((size_t)bytes)) == NULL)
            fail("memory");
        if (start_reading(&all[i]) != 0)
            fail("aioread");
    }
    if (by_sigio)
        by_signal(&unblocked);
    else
        by_waiting();
    if (close(to) != 0)
        fail(argv[optind + 1]);
    if (!quiet)
        fprintf(stderr, "\n");
    return copied == size ? 0 : 1;
}
