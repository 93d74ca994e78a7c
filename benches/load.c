/* Row 20: how much longer `true` takes when the library is preloaded, and when one is that has nothing in it: less than
 * that no library can cost. By many turns of each. */
#include "bench.h"
#include <spawn.h>
#include <sys/wait.h>

static char *const plain[] = {NULL};
static char *preloaded[] = {NULL, NULL}, *empty[] = {NULL, NULL};

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
    expect_arguments(argc, 3, "load LIBRARY EMPTY-LIBRARY TURNS");
    CHECK(asprintf(&preloaded[0], "LD_PRELOAD=%s", argv[1]) > 0);
    CHECK(asprintf(&empty[0], "LD_PRELOAD=%s", argv[2]) > 0);
    size_t turns = (size_t)atol(argv[3]);
    double *without = calloc(turns, sizeof *without), *with = calloc(turns, sizeof *with);
    double *with_empty = calloc(turns, sizeof *with_empty);
    CHECK(without != NULL && with != NULL && with_empty != NULL);
    for (size_t i = 0; i < turns; i++) {
        without[i] = time_of_true(plain);
        with[i] = time_of_true(preloaded);
        with_empty[i] = time_of_true(empty);
    }
    double before = quantile(without, turns, 0.5), after = quantile(with, turns, 0.5);
    double least = quantile(with_empty, turns, 0.5);
    printf("{\"true_us\": %.1f, \"true_preloaded_us\": %.1f, ", before, after);
    printf("\"load_percent\": %.2f, ", 100 * (after - before) / before);
    printf("\"empty_percent\": %.2f}\n", 100 * (least - before) / before);
    return 0;
}
