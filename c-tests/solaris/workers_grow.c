/* Four requests that their file holds up are all started by workers; of many more, as many as 256 are, and no more. */
/* timeout: 60 */
#include "solaris.h"
#include "../hazards/slow.h"
#include <dirent.h>

enum { N = 1500, SIZE = 512, MOST = 256 };

/* Threads of the library that are named uaio-N. */
static int workers(void)
{
    DIR *dir = opendir("/proc/self/task");
    int count = 0;
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[300], name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            continue;
        if (fgets(name, sizeof name, file) != NULL && strncmp(name, "uaio-", 5) == 0 && name[5] >= '0' && name[5] <= '9')
            count++;
        fclose(file);
    }
    closedir(dir);
    return count;
}

int main(void)
{
    static aio_result_t r[N];
    static char buf[N][SIZE];
    s_mount();
    int fd = s_open(0);
    s_hold(S_SIZE);
    for (int i = 0; i < N; i++) {
        s_polled(&r[i]);
        CHECK_OK(aioread(fd, buf[i], SIZE, i * SIZE, SEEK_SET, &r[i]));
        if (i == 3) {
            s_arrived(&slow->reads, 4);
            CHECK_EQ(workers(), 4);
        }
    }
    s_arrived(&slow->reads, MOST);
    CHECK_EQ(workers(), MOST);
    CHECK_EQ(atomic_load(&slow->reads), MOST);
    s_hold(0);
    for (int i = 0; i < N; i++) {
        aio_result_t *got = s_take();
        CHECK_RESULT(got, SIZE, 0);
    }
    CHECK_IDLE();
    CHECK_EQ(atomic_load(&slow->reads), N);
    close(fd);
    s_unmount();
    return 0;
}
