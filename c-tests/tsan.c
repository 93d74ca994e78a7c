/* What rustc's ThreadSanitizer calls and gcc's runtime lacks: its own memcpy and the like are checked as well. */
#include <string.h>

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
