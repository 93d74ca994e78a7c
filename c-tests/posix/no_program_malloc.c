/* The library takes no memory from the program's malloc, except what pthread_create takes. */
/* glibc: fails: its request records come from malloc */
/* not under: asan tsan: their malloc is the one that counts */
#include "test.h"
#include <dlfcn.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static atomic_int taken;
static _Thread_local bool creating;

void *malloc(size_t n)
{
    taken += !creating;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    taken += !creating;
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    taken += !creating;
    return __libc_realloc(old, n);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
    creating = true;
    int error = real(thread, attr, start, arg);
    creating = false;
    return error;
}

static void post(union sigval value)
{
    sem_post(value.sival_ptr);
}

int main(void)
{
    static char buf[8192];
    static struct aiocb cb[100];
    struct aiocb *list[100];
    sem_t called;
    int p[2], fd = t_filled(0, sizeof buf, 1);
    sem_init(&called, 0, 0);
    signal(SIGUSR1, SIG_IGN);
    t_pipe(p);
    taken = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 100; i++) {
            t_block(&cb[i], i % 9 ? fd : p[0], buf, i % 9 ? sizeof buf : 1, 0);
            cb[i].aio_lio_opcode = i % 2 ? LIO_READ : LIO_WRITE;
            if (i % 9 == 0)
                cb[i].aio_lio_opcode = LIO_READ;
            if (i % 9 == 1)
                t_sigev_signal(&cb[i], SIGUSR1, i);
            if (i % 9 == 2)
                t_sigev_thread(&cb[i], post, &called);
            list[i] = &cb[i];
        }
        CHECK_OK(lio_listio(LIO_NOWAIT, list, 100, NULL));
        t_write_all(p[1], buf, 12);
        for (int i = 0; i < 100; i++)
            CHECK_EQ(t_finish(&cb[i]), i % 9 ? (ssize_t)sizeof buf : 1);
        for (int i = 2; i < 100; i += 9)
            CHECK_EQ(sem_wait(&called), 0);
        CHECK_OK(aio_fsync(O_DSYNC, &cb[1]));
        CHECK_EQ(t_finish(&cb[1]), 0);
    }
    CHECK_EQ(taken, 0);
    return 0;
}
