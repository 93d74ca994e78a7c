/* A read in the calling thread that took long is not repeated there soon: the next call returns before its read is over. */
/* engines: auto */
#include "test.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

enum { PAGE = 4096, TOOK_US = 200000 };

/* The pages of a buffer that are not there: a read into one waits until the thread below brings it. */
static int faults;
static atomic_bool held;

static void *bring_pages(void *unused)
{
    static unsigned char empty[PAGE] __attribute__((aligned(PAGE)));
    struct uffd_msg fault;
    for (long n = 0; read(faults, &fault, sizeof fault) == sizeof fault; n++) {
        struct uffdio_copy page = { .dst = fault.arg.pagefault.address & ~(PAGE - 1ull), .src = (uintptr_t)empty, .len = PAGE };
        double until = t_now() + 5;
        if (n == 0)
            usleep(TOOK_US); /* the first read took long */
        while (n > 0 && atomic_load(&held))
            if (t_now() > until)
                FAIL("the call waits for its read, although the one before had taken long");
            else
                usleep(1000);
        CHECK_EQ(ioctl(faults, UFFDIO_COPY, &page), 0);
    }
    return unused;
}

static unsigned char *missing_pages(size_t n)
{
    struct uffdio_api api = { .api = UFFD_API };
    unsigned char *pages = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    struct uffdio_register range = { .range = { (uintptr_t)pages, n * PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING };
    faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (faults < 0)
        SKIP("no userfaultfd: %s", strerror(errno));
    CHECK_EQ(ioctl(faults, UFFDIO_API, &api), 0);
    CHECK_EQ(ioctl(faults, UFFDIO_REGISTER, &range), 0);
    return pages;
}

int main(void)
{
    int data = t_data(2 * PAGE, 0);
    unsigned char *buf = missing_pages(2), byte;
    struct aiocb cb;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, bring_pages, NULL), 0);
    CHECK_EQ(pread(data, &byte, 1, 0), 1); /* it is in the page cache */
    t_block(&cb, data, &byte, 1, 0);
    CHECK_EQ(aio_read(&cb), 0); /* the library gets to know it */
    CHECK_EQ(t_finish(&cb), 1);
    t_block(&cb, data, buf, PAGE, 0);
    CHECK_EQ(aio_read(&cb), 0);
    CHECK_EQ(t_finish(&cb), PAGE);
    atomic_store(&held, true);
    t_block(&cb, data, buf + PAGE, PAGE, PAGE);
    CHECK_EQ(aio_read(&cb), 0);
    atomic_store(&held, false);
    CHECK_EQ(t_finish(&cb), PAGE);
    CHECK(t_same(buf, 2 * PAGE, 0, 0));
    return 0;
}
