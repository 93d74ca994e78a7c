/* /proc/self/fd lists the same descriptors before, during and after requests of every kind. */
/* engines: auto uring */
#include "every.h"
#include <dirent.h>

static void listing(char *out, size_t room)
{
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    size_t used = 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        used += (size_t)snprintf(out + used, room - used, "%s ", d->d_name);
    closedir(dir);
}

int main(void)
{
    static char before[4096], during[4096], after[4096];
    struct every e = every_open();
    struct aiocb pending[2], direct[16];
    char c[2];
    listing(before, sizeof before);
    every_once(&e);
    t_read_blocked(&pending[0], e.pipe[0], &c[0], 1);
    t_read_blocked(&pending[1], e.socket[0], &c[1], 1);
    for (int i = 0; i < 16; i++) {
        t_block(&direct[i], e.direct, e.buf + i * 4096, 4096, i * 4096);
        CHECK_EQ(aio_read(&direct[i]), 0);
    }
    listing(during, sizeof during);
    if (strcmp(before, during) != 0)
        FAIL("before: %s\nduring: %s", before, during);
    CHECK_EQ(write(e.pipe[1], "x", 1), 1);
    CHECK_EQ(write(e.socket[1], "x", 1), 1);
    CHECK_EQ(t_finish(&pending[0]), 1);
    CHECK_EQ(t_finish(&pending[1]), 1);
    for (int i = 0; i < 16; i++)
        CHECK_EQ(t_finish(&direct[i]), 4096);
    listing(after, sizeof after);
    if (strcmp(before, after) != 0)
        FAIL("before: %s\nafter: %s", before, after);
    return 0;
}
