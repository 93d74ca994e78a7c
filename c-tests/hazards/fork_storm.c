/* Forks while other threads submit, wait and complete: every child does its own AIO, the parent loses nothing. */
/* glibc: fails: children hang on a lock or on threads that only the parent has */
/* not under: asan: 10 000 copies of its shadow memory take minutes */
#include "child.h"

enum { THREADS = 3 };
static int data, direct;
static atomic_bool stop;

static void *busy(void *arg)
{
    unsigned char *buf = t_pages(4096, 0);
    uintptr_t turn = (uintptr_t)arg;
    int ends[2];
    t_pipe(ends);
    while (!atomic_load(&stop)) {
        struct aiocb cb, piped;
        off_t off = (off_t)(turn++ % 16) * 4096;
        char c = 0;
        t_block(&cb, turn & 1 ? data : direct, buf, 4096, off);
        CHECK_EQ(aio_read(&cb), 0);
        t_block(&piped, ends[0], &c, 1, 0);
        CHECK_EQ(aio_read(&piped), 0);
        CHECK_EQ(write(ends[1], "b", 1), 1);
        CHECK_EQ(t_finish(&cb), 4096);
        CHECK(t_same(buf, 4096, off, 0));
        CHECK_EQ(t_finish(&piped), 1);
        CHECK_EQ(c, 'b');
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    data = t_data(1 << 16, 0), direct = t_data(1 << 16, O_DIRECT);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, busy, (void *)i), 0);
    for (long n = t_scale(100); n > 0; n--) {
        pid_t pid = fork();
        if (pid == 0) {
            child_aio(data, direct);
            _exit(0);
        }
        t_child_ok(pid);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    t_figure(0, t_scale(100), "forked children hung or wrong");
    return 0;
}
