/* Row 20: how much longer `true` takes when the library is preloaded, by many turns of each. */
#include "bench.h"
#include <spawn.h>
#include <sys/wait.h>

static char *const plain[] = {NULL};
static char *preloaded[] = {NULL, NULL};

static double time_of_true(char *const *environment) {
    static char *const argv[] = {(char *)"true", NULL};
    uint64_t start = now_ns();
    pid_t pid;
    int status;
    CHECK(posix_spawnp(&pid, "true", NULL, NULL, argv, environment) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    return (double)(now_ns() - start) / 1e3;
}

int main(int argc, char **argv) {
    expect_arguments(argc, 2, "load LIBRARY TURNS");
    CHECK(asprintf(&preloaded[0], "LD_PRELOAD=%s", argv[1]) > 0);
    size_t turns = (size_t)atol(argv[2]);
    double *without = calloc(turns, sizeof *without), *with = calloc(turns, sizeof *with);
    CHECK(without != NULL && with != NULL);
    for (size_t i = 0; i < turns; i++) {
        without[i] = time_of_true(plain);
        with[i] = time_of_true(preloaded);
    }
    double before = quantile(without, turns, 0.5), after = quantile(with, turns, 0.5);
    printf("{\"true_us\": %.1f, \"true_preloaded_us\": %.1f, \"load_percent\": %.2f}\n", before, after,
           100 * (after - before) / before);
    return 0;
}
