/* Our threads are named uaio-* and block every signal that the program can use. */
/* glibc: fails: its threads carry the program's name */
/* not under: tsan: it has a thread of its own */
#include "every.h"
#include <dirent.h>

static void file_line(const char *dir, const char *file, const char *key, char *out, size_t room)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/self/task/%s/%s", dir, file);
    FILE *f = fopen(path, "r");
    out[0] = 0;
    if (f == NULL) /* the thread is gone */
        return;
    char line[256];
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, strlen(key)) == 0) {
            snprintf(out, room, "%s", line + strlen(key));
            out[strcspn(out, "\n")] = 0;
            break;
        }
    fclose(f);
}

static int inspect(void)
{
    DIR *dir = opendir("/proc/self/task");
    int ours = 0;
    CHECK(dir != NULL);
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        char comm[64], blocked[64];
        if (d->d_name[0] == '.' || atoi(d->d_name) == (int)getpid())
            continue;
        file_line(d->d_name, "comm", "", comm, sizeof comm);
        file_line(d->d_name, "status", "SigBlk:", blocked, sizeof blocked);
        if (comm[0] == 0 || blocked[0] == 0 || strncmp(comm, "iou-", 4) == 0) /* the kernel's own */
            continue;
        if (strncmp(comm, "uaio-", 5) != 0)
            FAIL("a thread is named \"%s\"", comm);
        /* all but SIGKILL, SIGSTOP and the two that libc keeps for itself */
        unsigned long long mask = strtoull(blocked, NULL, 16), need = ~0ull;
        need &= ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1) | 1ull << 31 | 1ull << 32);
        if ((mask & need) != need)
            FAIL("%s blocks only %llx", comm, mask);
        ours++;
    }
    closedir(dir);
    return ours;
}

int main(void)
{
    struct every e = every_open();
    for (long n = t_scale(20); n > 0; n--) {
        struct aiocb pending[2];
        char c[2];
        every_once(&e);
        t_read_blocked(&pending[0], e.pipe[0], &c[0], 1);
        t_read_blocked(&pending[1], e.socket[0], &c[1], 1);
        inspect();
        CHECK_EQ(write(e.pipe[1], "x", 1), 1);
        CHECK_EQ(write(e.socket[1], "x", 1), 1);
        CHECK_EQ(t_finish(&pending[0]), 1);
        CHECK_EQ(t_finish(&pending[1]), 1);
    }
    return 0;
}
