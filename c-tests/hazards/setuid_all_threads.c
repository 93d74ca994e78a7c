/* setuid and the like, which libc sends to every thread, do not hang once our threads exist, and reach them. */
#include "every.h"
#include <dirent.h>
#include <grp.h>

/* How many threads have another effective id; the kernel's own do not count. */
static int others(const char *key, unsigned id)
{
    DIR *dir = opendir("/proc/self/task");
    int count = 0;
    CHECK(dir != NULL);
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        char path[300], line[256], name[64] = "";
        unsigned real, effective;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", d->d_name);
        FILE *f = d->d_name[0] == '.' ? NULL : fopen(path, "r");
        if (f == NULL)
            continue;
        while (fgets(line, sizeof line, f) != NULL) {
            sscanf(line, "Name: %63s", name);
            if (strncmp(line, key, strlen(key)) == 0 && strncmp(name, "iou-", 4) != 0)
                count += sscanf(line + strlen(key), "%u %u", &real, &effective) == 2 && effective != id;
        }
        fclose(f);
    }
    closedir(dir);
    return count;
}

/* A thread that was just leaving is not reached, and is gone soon. */
static void check_threads(const char *key, unsigned id)
{
    double until = t_now() + 5;
    while (others(key, id) > 0)
        if (t_now() > until)
            FAIL("a thread still has another %s than %u", key, id);
        else
            usleep(1000);
}

int main(void)
{
    struct every e = every_open();
    uid_t uid = getuid(), other_uid = uid == 0 ? 12345 : uid;
    gid_t gid = getgid(), other_gid = uid == 0 ? 12345 : gid;
    for (long n = t_scale(20); n > 0; n--) {
        struct aiocb pending[2];
        char c[2];
        every_once(&e);
        t_read_blocked(&pending[0], e.pipe[0], &c[0], 1);
        t_read_blocked(&pending[1], e.socket[0], &c[1], 1);
        CHECK_EQ(setregid((gid_t)-1, other_gid), 0);
        check_threads("Gid:", other_gid);
        CHECK_EQ(setreuid((uid_t)-1, other_uid), 0);
        check_threads("Uid:", other_uid);
        CHECK_EQ(aio_error(&pending[0]), EINPROGRESS);
        CHECK_EQ(write(e.pipe[1], "x", 1), 1);
        CHECK_EQ(write(e.socket[1], "x", 1), 1);
        CHECK_EQ(t_finish(&pending[0]), 1);
        CHECK_EQ(t_finish(&pending[1]), 1);
        every_once(&e);
        CHECK_EQ(setreuid((uid_t)-1, uid), 0);
        CHECK_EQ(setregid((gid_t)-1, gid), 0);
        check_threads("Uid:", uid);
        every_once(&e);
    }
    if (uid == 0) {
        CHECK_EQ(setgroups(0, NULL), 0);
        CHECK_EQ(setgid(other_gid), 0);
    }
    CHECK_EQ(setuid(other_uid), 0);
    CHECK_EQ(setuid(other_uid), 0);
    every_once(&e);
    return 0;
}
