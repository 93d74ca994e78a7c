/* exec with requests outstanding: the new program finds no descriptor of ours, no blocked signal, and does AIO. */
#include "every.h"
#include <dirent.h>

static int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;
    CHECK(dir != NULL);
    for (struct dirent *d; (d = readdir(dir)) != NULL;)
        n += d->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void *exec_now(void *arg)
{
    execl("/proc/self/exe", "exec", (char *)arg, NULL);
    FAIL("exec");
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        sigset_t mask;
        CHECK_EQ(descriptors(), atoi(argv[1]));
        CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
        for (int i = 1; i < 32; i++)
            CHECK(!sigismember(&mask, i));
        struct every e = every_open();
        every_once(&e);
        return 0;
    }
    for (long n = t_scale(20); n > 0; n--) {
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            char count[16];
            snprintf(count, sizeof count, "%d", descriptors());
            struct every e = every_open();
            static struct aiocb cb[64], pending[2];
            int *all = (int *)&e;
            for (int i = 0; i < 8; i++) /* the test's own are not inherited */
                CHECK_EQ(fcntl(all[i], F_SETFD, FD_CLOEXEC), 0);
            every_once(&e);
            t_read_blocked(&pending[0], e.pipe[0], e.buf, 1);
            t_read_blocked(&pending[1], e.socket[0], e.buf, 1);
            for (int i = 0; i < 64; i++) {
                t_block(&cb[i], i & 1 ? e.direct : e.file, e.buf + i % 16 * 4096, 4096, i % 16 * 4096);
                CHECK_EQ(i & 1 ? aio_read(&cb[i]) : aio_write(&cb[i]), 0);
            }
            pthread_t thread;
            if (n & 1)
                exec_now(count);
            CHECK_EQ(pthread_create(&thread, NULL, exec_now, count), 0);
            const struct aiocb *list[1] = { &pending[0] };
            aio_suspend(list, 1, NULL);
            FAIL("the wait ended");
        }
        t_child_ok(pid);
    }
    t_figure(0, t_scale(20), "execs that left something behind");
    return 0;
}
