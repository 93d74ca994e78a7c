/* solaris_poll: random reads by aioread, collected as fio's engine for Solaris does it: by a busy poll with aiowait.
 *
 * Build, in a clone of this repository after "cargo build --release":
 *
 *     cc -O2 -Iinclude -o solaris_poll benches/solaris_poll.c -Ltarget/release -luaio -Wl,-rpath,$PWD/target/release
 *
 * Run:
 *
 *     ./solaris_poll [-b] [-n] [-w] [-d depth] [-k bytes] [-t seconds] file
 *
 * The file is read with O_DIRECT (-b: through the page cache), in requests of 4096 bytes at random places. Result
 * pointers are preset to AIO_INPROGRESS (-n: not). With -w aiowait blocks instead of polling. One line of JSON
 * tells the requests per second, how often an aiowait found nothing and what that cost, and the processor time.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_DIRECT */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/asynch.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

struct request {
    aio_result_t result; /* first, so that a result pointer is a request pointer */
    char *buf;
};

static int preset = 1, bytes = 4096;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "solaris_poll: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void submit(struct request *r, int fd, off_t blocks)
{
    static uint64_t x = 88172645463325252u;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    if (preset)
        r->result.aio_return = AIO_INPROGRESS;
    if (aioread(fd, r->buf, bytes, (off_t)(x % (uint64_t)blocks) * bytes, SEEK_SET, &r->result) != 0)
        fail("aioread");
}

int main(int argc, char **argv)
{
    struct timeval zero = { 0, 0 };
    int option, direct = O_DIRECT, wait = 0, depth = 32, fd, i;
    double seconds = 5, began, empty_s = 0;
    long finished = 0, empty = 0, late = 0;
    struct request *all;
    struct rusage used;
    struct stat st;
    while ((option = getopt(argc, argv, "bnwd:k:t:")) != -1) {
        switch (option) {
        case 'b': direct = 0; break;
        case 'n': preset = 0; break;
        case 'w': wait = 1; break;
        case 'd': depth = atoi(optarg); break;
        case 'k': bytes = atoi(optarg); break;
        case 't': seconds = atof(optarg); break;
        default: return 2;
        }
    }
    if (argc - optind != 1 || depth < 1 || bytes < 1)
        return 2;
    if ((fd = open(argv[optind], O_RDONLY | direct)) < 0 || fstat(fd, &st) != 0 || st.st_size < bytes)
        fail(argv[optind]);
    if ((all = calloc((size_t)depth, sizeof *all)) == NULL)
        fail("memory");
    began = now();
    for (i = 0; i < depth; i++) {
        if (posix_memalign((void **)&all[i].buf, 4096, (size_t)bytes) != 0)
            fail("memory");
        submit(&all[i], fd, st.st_size / bytes);
    }
    while (depth > 0) {
        /* A clock is read once in a while, so that the polls are what is measured. */
        int timed = !wait && (++late & 1023) == 0;
        double at = timed ? now() : 0;
        aio_result_t *got = aiowait(wait ? NULL : &zero);
        if (got == (aio_result_t *)-1) {
            if (errno != EINTR)
                fail("aiowait");
        } else if (got == NULL) {
            empty++;
            if (timed)
                empty_s += (now() - at) * 1024;
        } else {
            if (got->aio_return != bytes) {
                errno = got->aio_errno;
                fail("read");
            }
            finished++;
            if ((finished & 63) == 0 && now() - began > seconds)
                seconds = 0;
            if (seconds > 0)
                submit((struct request *)got, fd, st.st_size / bytes);
            else
                depth--;
        }
    }
    seconds = now() - began;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"requests_per_s\":%.0f,\"requests\":%ld,\"empty_polls\":%ld,\"ns_per_empty_poll\":%.0f,"
           "\"user_s\":%.2f,\"system_s\":%.2f}\n",
           (double)finished / seconds, finished, empty, empty > 0 ? empty_s * 1e9 / (double)empty : 0,
           (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6,
           (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6);
    return 0;
}
