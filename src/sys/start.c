/* What is of use in gcc's start files, which the shared library is linked without (build.rs).
 *
 * By this address libc tells which library a destructor of a thread's variable belongs to. Nothing else needs them:
 * Rust has no global destructors, the functions in the arrays are called without them, and the table of frames is found
 * by its program header. */
__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;
