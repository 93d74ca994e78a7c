/* What the measuring programs share: clocks, processor time, files, random offsets.
 *
 * Each program prints one JSON object of figures on stdout and ends with 0; with 77 if what it measures
 * is not there, the reason on stdout; with 1 if anything failed, the reason on stderr.
 */
#ifndef UAIO_BENCH_H
#define UAIO_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Every request is this long: 4 KiB, as in fio's rows. */
enum { BLOCK = 4096 };

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: failed: %s (%s)\n", __FILE__, __LINE__, #cond,                 \
                    strerror(errno));                                                              \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define SKIP(why)                                                                                  \
    do {                                                                                           \
        puts(why);                                                                                 \
        exit(77);                                                                                  \
    } while (0)

/* Ends the program with the usage unless it has this many arguments. */
static inline void expect_arguments(int argc, int wanted, const char *usage) {
    if (argc != wanted + 1) {
        fprintf(stderr, "usage: %s\n", usage);
        exit(2);
    }
}

static inline uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t deadline_ns(const char *seconds) {
    return now_ns() + (uint64_t)(atof(seconds) * 1e9);
}

/* Processor time of the whole process, the library's and the kernel's threads in it included. */
static inline double cpu_us(void) {
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
    return seconds * 1e6 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static inline int open_file(const char *path, int flags) {
    int fd = open(path, flags);
    CHECK(fd >= 0);
    return fd;
}

static inline uint64_t blocks_of(int fd) {
    struct stat status;
    CHECK(fstat(fd, &status) == 0);
    CHECK(status.st_size >= BLOCK);
    return (uint64_t)status.st_size / BLOCK;
}

/* xorshift64: what matters is that a random number costs nothing beside a request. */
static inline uint64_t random_number(void) {
    static uint64_t state;
    if (state == 0)
        state = now_ns() | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static inline off_t random_offset(uint64_t blocks) {
    return (off_t)(random_number() % blocks * BLOCK);
}

/* `count` blocks of zeroed memory, aligned as O_DIRECT wants it. */
static inline char *block_buffers(size_t count) {
    char *memory = aligned_alloc(BLOCK, count * BLOCK);
    CHECK(memory != NULL);
    memset(memory, 0, count * BLOCK);
    return memory;
}

static inline int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value that the share `part` of the values is not above; sorts them. */
static inline double quantile(double *values, size_t count, double part) {
    CHECK(count > 0);
    qsort(values, count, sizeof *values, compare_doubles);
    return values[(size_t)((double)(count - 1) * part)];
}

static inline void print_rate(uint64_t requests, uint64_t start_ns, double cpu_us_before) {
    double seconds = (double)(now_ns() - start_ns) / 1e9;
    CHECK(requests > 0);
    printf("{\"requests\": %llu, \"iops\": %.1f, \"cpu_s_per_million\": %.4f}\n",
           (unsigned long long)requests, (double)requests / seconds,
           (cpu_us() - cpu_us_before) / (double)requests);
}

#endif
