/* Every call works on threads with the smallest stack allowed, the first of the process included. */
/* not under: asan tsan: their frames need larger stacks */
#include "test.h"

static int data, direct, file, ends[2];
static unsigned char *page;

static void *everything(void *unused)
{
    struct aiocb cb, other, *list[1] = { &cb };
    const struct aiocb *clist[1] = { &cb };
    struct timespec zero = { 0, 0 };
    t_block(&cb, data, page, 512, 512);
    CHECK(aio_read(&cb) == 0);
    CHECK(aio_suspend(clist, 1, NULL) == 0);
    CHECK(aio_error(&cb) == 0);
    CHECK(aio_return(&cb) == 512);
    t_block(&cb, direct, page, 4096, 0);
    CHECK(aio_read(&cb) == 0);
    t_block(&other, file, NULL, 0, 0);
    CHECK(aio_fsync(O_SYNC, &other) == 0);
    CHECK(t_finish(&cb) == 4096);
    CHECK(t_finish(&other) == 0);
    t_block(&cb, file, page, 4096, 0);
    CHECK(aio_write(&cb) == 0);
    CHECK(t_finish(&cb) == 4096);
    t_block(&cb, direct, page, 4096, 0);
    cb.aio_lio_opcode = LIO_READ;
    CHECK(lio_listio(LIO_WAIT, list, 1, NULL) == 0);
    cb.aio_lio_opcode = LIO_READ;
    CHECK(lio_listio(LIO_NOWAIT, list, 1, NULL) == 0);
    CHECK(t_wait(&cb) == 0);
    t_block(&cb, ends[0], page, 1, 0);
    CHECK(aio_read(&cb) == 0);
    CHECK(aio_suspend(clist, 1, &zero) == -1 && errno == EAGAIN);
    CHECK(aio_cancel(ends[0], &cb) >= 0);
    if (aio_error(&cb) == EINPROGRESS) /* glibc cannot cancel it */
        CHECK(write(ends[1], "s", 1) == 1);
    t_wait(&cb);
    int fd = dup(file);
    t_block(&cb, fd, page, 512, 0);
    CHECK(aio_write(&cb) == 0);
    CHECK(close(fd) == 0);
    t_wait(&cb);
    return unused;
}

int main(void)
{
    pthread_attr_t attr;
    data = t_data(4096, 0), direct = t_data(4096, O_DIRECT), file = t_file(0);
    page = t_pages(4096, 0);
    t_pipe(ends);
    CHECK_EQ(pthread_attr_init(&attr), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attr, (size_t)sysconf(_SC_THREAD_STACK_MIN)), 0);
    for (long n = t_scale(50); n > 0; n--) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, &attr, everything, NULL), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    t_figure(0, t_scale(50), "smallest stacks overrun");
    return 0;
}
