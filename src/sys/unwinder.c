/* The unwinder: taken from libgcc_s when it is first wanted, not when the library is loaded.
 *
 * Rust's code calls libgcc_s where a panic is caught, and where a pthread_cancel unwinds a thread that sleeps in one of
 * our calls. Nearly no program gets there, and loading libgcc_s is two thirds of what a preload costs `true`. It cannot
 * be linked statically: a pthread_cancel then mixes two unwinders and aborts. glibc, which needs it for the same,
 * loads it late, too.
 *
 * Only the shared library has these functions, and the linker's version script keeps them local; what is linked with
 * libuaio.a has those of the program. Each hands its call on, by a jump as a rule; where it is a call, unwinding
 * passes over one frame more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <unwind.h>

/* What std and the compiler refer to, in code that is left out of the library, too, as GNU ld looks before that:
 * result, name, parameters, arguments. */
#define FUNCTIONS(F) \
    F(_Unwind_Reason_Code, _Unwind_Backtrace, (_Unwind_Trace_Fn a, void *b), (a, b)) \
    F(void, _Unwind_DeleteException, (struct _Unwind_Exception *a), (a)) \
    F(void *, _Unwind_FindEnclosingFunction, (void *a), (a)) \
    F(_Unwind_Word, _Unwind_GetCFA, (struct _Unwind_Context *a), (a)) \
    F(_Unwind_Ptr, _Unwind_GetDataRelBase, (struct _Unwind_Context *a), (a)) \
    F(_Unwind_Ptr, _Unwind_GetIP, (struct _Unwind_Context *a), (a)) \
    F(_Unwind_Ptr, _Unwind_GetIPInfo, (struct _Unwind_Context *a, int *b), (a, b)) \
    F(void *, _Unwind_GetLanguageSpecificData, (struct _Unwind_Context *a), (a)) \
    F(_Unwind_Ptr, _Unwind_GetRegionStart, (struct _Unwind_Context *a), (a)) \
    F(_Unwind_Ptr, _Unwind_GetTextRelBase, (struct _Unwind_Context *a), (a)) \
    F(_Unwind_Reason_Code, _Unwind_RaiseException, (struct _Unwind_Exception *a), (a)) \
    F(void, _Unwind_Resume, (struct _Unwind_Exception *a), (a)) \
    F(void, _Unwind_SetGR, (struct _Unwind_Context *a, int b, _Unwind_Word c), (a, b, c)) \
    F(void, _Unwind_SetIP, (struct _Unwind_Context *a, _Unwind_Ptr b), (a, b))

#define MEMBER(result, name, parameters, arguments) result (*name##_found) parameters;
static struct {
    FUNCTIONS(MEMBER)
} found;
static atomic_bool loaded;

static void give_up(void)
{
    static const char text[] = "libgcc_s.so.1 must be installed for a pthread_cancel in libuaio to work\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    abort();
}

/* Two threads may do so at once: they store the same. */
static void load(void)
{
    void *library = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        give_up();
#define FIND(result, name, parameters, arguments) \
    *(void **)&found.name##_found = dlsym(library, #name); \
    if (found.name##_found == NULL) \
        give_up();
    FUNCTIONS(FIND)
    atomic_store_explicit(&loaded, 1, memory_order_release);
}

#define DEFINE(result, name, parameters, arguments) \
    result name parameters \
    { \
        if (!atomic_load_explicit(&loaded, memory_order_acquire)) \
            load(); \
        return found.name##_found arguments; \
    }
FUNCTIONS(DEFINE)
