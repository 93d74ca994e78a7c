/* Row 13: random direct reads, 32 outstanding, each completion told by a signal or on a thread. */
#include "bench.h"
#include <semaphore.h>
#include <stdatomic.h>

enum { DEPTH = 32 };

static int fd;
static uint64_t blocks, end;
static atomic_ullong done;
static struct aiocb requests[DEPTH];

static void submit(struct aiocb *request, uint64_t random) {
    request->aio_offset = (off_t)(random % blocks * BLOCK);
    CHECK(aio_read(request) == 0);
}

static void take_result(struct aiocb *request) {
    CHECK(aio_error(request) == 0 && aio_return(request) == BLOCK);
    atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
}

static void by_signal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    for (int i = 0; i < DEPTH; i++) {
        requests[i].aio_sigevent.sigev_notify = SIGEV_SIGNAL;
        requests[i].aio_sigevent.sigev_signo = SIGRTMIN;
        requests[i].aio_sigevent.sigev_value.sival_ptr = &requests[i];
        submit(&requests[i], random_number());
    }
    for (int outstanding = DEPTH; outstanding > 0;) {
        siginfo_t info;
        if (sigwaitinfo(&set, &info) < 0) {
            CHECK(errno == EINTR);
            continue;
        }
        struct aiocb *request = info.si_value.sival_ptr;
        take_result(request);
        if (now_ns() < end)
            submit(request, random_number());
        else
            outstanding--;
    }
}

static sem_t idle;

/* Several of these run at a time, each on a new thread: the clock is the only source of chance that
 * they need not share. */
static void on_thread(union sigval value) {
    struct aiocb *request = value.sival_ptr;
    take_result(request);
    uint64_t now = now_ns();
    if (now < end)
        submit(request, (now * 0x9E3779B97F4A7C15u) >> 20);
    else
        sem_post(&idle);
}

static void by_thread(void) {
    CHECK(sem_init(&idle, 0, 0) == 0);
    for (int i = 0; i < DEPTH; i++) {
        requests[i].aio_sigevent.sigev_notify = SIGEV_THREAD;
        requests[i].aio_sigevent.sigev_notify_function = on_thread;
        requests[i].aio_sigevent.sigev_value.sival_ptr = &requests[i];
        submit(&requests[i], random_number());
    }
    for (int i = 0; i < DEPTH; i++)
        while (sem_wait(&idle) != 0)
            CHECK(errno == EINTR);
}

int main(int argc, char **argv) {
    expect_arguments(argc, 3, "notify FILE signal|thread SECONDS");
    fd = open_file(argv[1], O_RDONLY | O_DIRECT);
    blocks = blocks_of(fd);
    char *buffers = block_buffers(DEPTH);
    for (int i = 0; i < DEPTH; i++)
        requests[i] = (struct aiocb){.aio_fildes = fd, .aio_buf = buffers + i * BLOCK, .aio_nbytes = BLOCK};
    uint64_t start = now_ns();
    double cpu = cpu_us();
    end = deadline_ns(argv[3]);
    if (strcmp(argv[2], "signal") == 0)
        by_signal();
    else
        by_thread();
    print_rate(done, start, cpu);
    return 0;
}
