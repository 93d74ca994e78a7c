/* Starts `true` so often with each of the preloads, by turns, and prints the median times in microseconds. */
/* spawn_cost ROUNDS PRELOAD...       "" for none */
#include "test.h"
#include <spawn.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[1]) : 0, kinds = argc - 2;
    CHECK(rounds > 0);
    double *times = calloc((size_t)rounds * (size_t)kinds, sizeof *times);
    CHECK(times != NULL);
    for (int i = 0; i < rounds; i++)
        for (int k = 0; k < kinds; k++) {
            char preload[PATH_MAX + 16], *args[] = { "true", NULL }, *environment[] = { preload, NULL };
            pid_t pid;
            snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[2 + k]);
            double began = t_now();
            CHECK_EQ(posix_spawn(&pid, "/bin/true", NULL, NULL, args, argv[2 + k][0] ? environment : &environment[1]), 0);
            t_child_ok(pid);
            times[k * rounds + i] = t_now() - began;
        }
    for (int k = 0; k < kinds; k++) {
        qsort(times + k * rounds, (size_t)rounds, sizeof *times, ascending);
        printf("%.1f\n", times[k * rounds + rounds / 2] * 1e6);
    }
    return 0;
}
