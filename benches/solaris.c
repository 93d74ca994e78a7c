/* Row 16: the Solaris loop, random direct reads, 32 outstanding: aioread, aiowait, again.
 *
 * The calls are looked up at run time: glibc has none of them, and a library without them is no error.
 */
#include "bench.h"
#include <dlfcn.h>
#include <sys/time.h>

enum { DEPTH = 32, IN_PROGRESS = -2 };

/* As in <sys/asynch.h>. */
struct result {
    ssize_t value;
    int error;
};

typedef int read_call(int, char *, int, off_t, int, struct result *);
typedef struct result *wait_call(struct timeval *);

static read_call *aioread;
static bool preset;
static int fd;
static uint64_t blocks;
static struct result results[DEPTH];
static char *buffers;

static void submit(struct result *result) {
    /* A program that sets this may poll memory instead of calling aiowait. */
    if (preset)
        result->value = IN_PROGRESS;
    char *buffer = buffers + (result - results) * BLOCK;
    CHECK(aioread(fd, buffer, BLOCK, random_offset(blocks), SEEK_SET, result) == 0);
}

int main(int argc, char **argv) {
    expect_arguments(argc, 3, "solaris FILE preset|plain SECONDS");
    aioread = (read_call *)dlsym(RTLD_DEFAULT, "aioread");
    wait_call *aiowait = (wait_call *)dlsym(RTLD_DEFAULT, "aiowait");
    if (aioread == NULL || aiowait == NULL)
        SKIP("the library has no aioread and aiowait yet");
    preset = strcmp(argv[2], "preset") == 0;
    fd = open_file(argv[1], O_RDONLY | O_DIRECT);
    blocks = blocks_of(fd);
    buffers = block_buffers(DEPTH);
    uint64_t done = 0, start = now_ns(), end = deadline_ns(argv[3]);
    double cpu = cpu_us();

    for (int i = 0; i < DEPTH; i++)
        submit(&results[i]);
    for (int outstanding = DEPTH; outstanding > 0;) {
        struct result *result = aiowait(NULL);
        if (result == (struct result *)-1) {
            CHECK(errno == EINTR);
            continue;
        }
        CHECK(result != NULL && result->value == BLOCK);
        done++;
        if (now_ns() < end)
            submit(result);
        else
            outstanding--;
    }
    print_rate(done, start, cpu);
    return 0;
}
