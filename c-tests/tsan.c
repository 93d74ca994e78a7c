/* What the C tests have beside gcc's ThreadSanitizer. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* What rustc's ThreadSanitizer calls and gcc's runtime lacks: its own memcpy and the like are checked as well. */
void *__tsan_memcpy(void *to, const void *from, size_t bytes)
{
    return memcpy(to, from, bytes);
}

void *__tsan_memmove(void *to, const void *from, size_t bytes)
{
    return memmove(to, from, bytes);
}

void *__tsan_memset(void *at, int byte, size_t bytes)
{
    return memset(at, byte, bytes);
}

/* The library makes its system calls by `syscall`, which ThreadSanitizer does not know: it would not see that a worker
 * fills the program's buffer. So it is told, of what was transferred, in the thread that did. (A ring and native AIO
 * transfer in the kernel, where no thread is seen to.) Not instrumented itself, since a cancellation may unwind it. */
void __tsan_read_range(void *at, long bytes);
void __tsan_write_range(void *at, long bytes);

__attribute__((no_sanitize("thread"))) static long raw(long number, const long a[6])
{
    register long fourth __asm__("r10") = a[3], fifth __asm__("r8") = a[4], sixth __asm__("r9") = a[5];
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((no_sanitize("thread"))) long syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    long result = raw(number, a);
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    const struct iovec *only = (const struct iovec *)a[1];
    switch (number) {
    case SYS_pread64: case SYS_read: case SYS_recvfrom: __tsan_write_range((void *)a[1], result); break;
    case SYS_pwrite64: case SYS_write: case SYS_sendto: __tsan_read_range((void *)a[1], result); break;
    case SYS_preadv2: __tsan_write_range(only->iov_base, result); break;
    case SYS_pwritev2: __tsan_read_range(only->iov_base, result); break;
    }
    return result;
}
